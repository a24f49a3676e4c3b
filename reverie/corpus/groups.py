"""Remarks on many files told in a few lines: those that differ in their numbers are one group."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reverie.terminal import paragraph, printable

MOST_LISTED = 3
"""Files of one group that are listed one by one; of more, one is the example."""
MOST_GROUPS = 12
"""Groups that are told of, the largest first."""

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:[.:]\d+)*(?:e[+-]?\d+)?(?!\w)")
_SAME = "the same recording as "
_TOO_SHORT = "too short: "
_DAMAGED = ("cut off", "damaged ")


@dataclass(frozen=True)
class Group:
    """Files with the same remark but for its numbers."""

    text: str
    """The remark; numbers that differ are written as a range, `0.2-0.9 s`."""
    files: tuple[tuple[str, str], ...]
    """Each file and its own remark, in the order given."""
    setting: str = ""
    """The setting, in backticks, that would admit refused files; empty where none would."""


def grouped(remarks: Iterable[tuple[str, str]]) -> list[Group]:
    """Group files by what is remarked of them.

    Args:
        remarks: each file and a remark; a file may come more than once.

    Returns:
        The groups, the largest first; of equal ones, as they came.
    """
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for file, remark in remarks:
        by_kind.setdefault(_kind(remark), []).append((file, remark))
    found = [_group(kind, files) for kind, files in by_kind.items()]
    return sorted(found, key=lambda group: -len(group.files))


def group_lines(groups: Iterable[Group]) -> list[str]:
    """Lines for a terminal: few files one by one, many as a count with an example."""
    told: list[str] = []
    every = list(groups)
    for group in every[:MOST_GROUPS]:
        if len(group.files) <= MOST_LISTED:
            told += [f"  {printable(file)}: {remark}" for file, remark in group.files]
        else:
            told += paragraph(f"  {len(group.files)} files: {group.text}", "    ")
            told.append(f"    such as {printable(group.files[0][0])}")
        if group.setting:
            told.append(f"    {group.setting}")
    rest = sum(len(group.files) for group in every[MOST_GROUPS:])
    if rest:
        told.append(f"  {rest} more, for {len(every) - MOST_GROUPS} other reasons")
    return told


def _kind(remark: str) -> str:
    """The remark without what differs from file to file."""
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
    """What a number says; of `1:05.3`, its seconds."""
    try:
        parts = [float(part) for part in number.split(":")]
    except ValueError:
        # 1.2.3 is no number but a name; it still has a place.
        return math.inf
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def _setting(remarks: list[str]) -> str:
    if remarks[0].startswith(_TOO_SHORT):
        seconds = min(_value(_NUMBER.findall(remark)[0]) for remark in remarks)
        them = "it" if len(remarks) == 1 else "them"
        return f"`min_seconds={_below(seconds):g}` admits {them}"
    if remarks[0].startswith(_DAMAGED):
        return "`keep_damaged=True` uses what can be decoded"
    return ""


def _below(seconds: float) -> float:
    """A number of one digit that is safely under `seconds`, which were rounded to two."""
    under = 0.97 * seconds
    if under <= 0:
        return 0.0
    digit = 10.0 ** math.floor(math.log10(under))
    return math.floor(under / digit) * digit
