"""Group remarks on many files into a few lines: remarks that differ only in numbers are one
group."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reverie.terminal import paragraph, printable

MOST_LISTED = 3
"""Most files of a group that are listed; a larger group shows one example."""
MOST_GROUPS = 12
"""Most groups that are reported, the largest first."""

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:[.:]\d+)*(?:e[+-]?\d+)?(?!\w)")
_SAME = "the same recording as "
_TOO_SHORT = "too short: "
_DAMAGED = ("cut off", "damaged ")


@dataclass(frozen=True)
class Group:
    """Files whose remarks are the same except for numbers."""

    text: str
    """The remark; numbers that differ are written as a range, `0.2-0.9 s`."""
    files: tuple[tuple[str, str], ...]
    """Each file and its own remark, in the order given."""
    setting: str = ""
    """The setting, in backticks, that would admit refused files; empty if none would."""


def grouped(remarks: Iterable[tuple[str, str]]) -> list[Group]:
    """Group files by their remarks.

    Args:
        remarks: each file and a remark; a file may come more than once.

    Returns:
        The groups, the largest first; groups of equal size keep their order.
    """
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for file, remark in remarks:
        by_kind.setdefault(_kind(remark), []).append((file, remark))
    groups = [_group(kind, files) for kind, files in by_kind.items()]
    return sorted(groups, key=lambda group: -len(group.files))


def group_lines(groups: Iterable[Group]) -> list[str]:
    """Format groups for a terminal: list few files, and show many as a count with an example."""
    lines: list[str] = []
    every = list(groups)
    for group in every[:MOST_GROUPS]:
        if len(group.files) <= MOST_LISTED:
            lines += [f"  {printable(file)}: {remark}" for file, remark in group.files]
        else:
            lines += paragraph(f"  {len(group.files)} files: {group.text}", "    ")
            lines.append(f"    such as {printable(group.files[0][0])}")
        if group.setting:
            lines.append(f"    {group.setting}")
    rest = sum(len(group.files) for group in every[MOST_GROUPS:])
    if rest:
        lines.append(f"  {rest} more, for {len(every) - MOST_GROUPS} other reasons")
    return lines


def _kind(remark: str) -> str:
    """Return a remark without the parts that differ from file to file."""
    return _SAME if remark.startswith(_SAME) else _NUMBER.sub("#", remark)


def _group(kind: str, files: list[tuple[str, str]]) -> Group:
    remarks = [remark for _, remark in files]
    if len(files) == 1:
        text = remarks[0]
    elif kind == _SAME:
        text = f"{_SAME}another"
    else:
        columns = zip(*(_NUMBER.findall(remark) for remark in remarks), strict=True)
        ranges = iter([_range(numbers) for numbers in columns])
        text = _NUMBER.sub(lambda _: next(ranges), remarks[0])
    return Group(text, tuple(files), _setting(remarks))


def _range(numbers: tuple[str, ...]) -> str:
    least, most = min(numbers, key=_value), max(numbers, key=_value)
    if least == most:
        return least
    return f"{least} to {most}" if "-" in least else f"{least}-{most}"


def _value(number: str) -> float:
    """Return the value of a number; of `1:05.3`, its seconds."""
    try:
        parts = [float(part) for part in number.split(":")]
    except ValueError:
        # 1.2.3 is a name and not a number; it sorts last.
        return math.inf
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def _setting(remarks: list[str]) -> str:
    if remarks[0].startswith(_TOO_SHORT):
        seconds = min(_value(_NUMBER.findall(remark)[0]) for remark in remarks)
        noun = "it" if len(remarks) == 1 else "them"
        return f"`min_seconds={_below(seconds):g}` admits {noun}"
    if remarks[0].startswith(_DAMAGED):
        return "`keep_damaged=True` uses what can be decoded"
    return ""


def _below(seconds: float) -> float:
    """Return a number of one digit safely below `seconds`, which were rounded to two."""
    under = 0.97 * seconds
    if under <= 0:
        return 0.0
    digit = 10.0 ** math.floor(math.log10(under))
    return math.floor(under / digit) * digit
