"""Read and write test.json: the settings, conditions and sounds fixed when a test is made."""

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from reverie.errors import ReverieError
from reverie.legacy import translate_test
from reverie.listening.design.stimuli import MOST_RATE_HZ, Stimuli, Stimulus
from reverie.listening.panel import Condition
from reverie.listening.settings import ListeningSettings
from reverie.records import MOST_BYTES, RECORD, as_record, parse_json
from reverie.storage import read_plain, write_json
from reverie.terminal import printable

FORMAT = "reverie-listening-test"
_TOKEN, _SHA256 = re.compile(r"[A-Za-z0-9_-]{16,64}"), re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class About:
    """The content of the file, and its digest."""

    settings: ListeningSettings
    stimuli: Stimuli
    sources: dict[str, str]
    """The folder of each condition's clips, for the organiser."""
    sha256: str


@checked_dataclass(frozen=True, config=RECORD)
class _Stored:
    """The file, key by key."""

    format: Literal["reverie-listening-test"]
    reverie: str
    settings: ListeningSettings
    sources: dict[str, str]
    conditions: tuple[Condition, ...]
    stimuli: tuple[Stimulus, ...]
    rate_hz: Annotated[int, Field(ge=1, le=MOST_RATE_HZ)]
    seconds: Annotated[float, Field(gt=0, le=60)]
    left_out: tuple[str, ...]

    @model_validator(mode="after")
    def _agrees(self) -> "_Stored":
        if problem := _problem(self.conditions, self.stimuli, [*self.sources.values(),
                                                               *self.left_out]):  # fmt: skip
            raise ValueError(problem)
        return self


def write_about(
    path: Path, settings: ListeningSettings, stimuli: Stimuli, sources: dict[str, str], version: str
) -> About:
    """Write the file of a new test.

    Args:
        path: of the file.
        settings: of the test.
        stimuli: its sounds.
        sources: the folder of each condition's clips.
        version: of the program.

    Raises:
        ReverieError: the disk refuses.
    """
    content = dataclasses.asdict(stimuli) | {
        "format": FORMAT,
        "reverie": version,
        "settings": dataclasses.asdict(settings),
        "sources": sources,
    }
    write_json(path, content)
    return About(settings, stimuli, sources, sha256(path.read_bytes()).hexdigest())


def read_about(path: Path) -> About:
    """Read the file of a test.

    Raises:
        ReverieError: it is missing, or its content is impossible.
    """
    folder = path.parent
    if not path.is_file():
        raise ReverieError(
            f"{folder} is not a listening test: it has no {path.name}.", "Give a test's folder."
        )
    content = read_plain(path, "a listening test", MOST_BYTES)
    values: object = parse_json(content, str(path))
    if not isinstance(values, dict) or cast(dict[str, Any], values).get("format") != FORMAT:
        raise ReverieError(
            f"{folder} is not a listening test: {path.name} is another program's.",
            "Give a test's folder.",
        )
    values = translate_test(cast(dict[str, Any], values))
    stored = as_record(cast(object, values), _Stored, str(path), remedy="Restore it from a copy.")
    stimuli = Stimuli(
        stored.conditions, stored.stimuli, stored.rate_hz, stored.seconds, stored.left_out
    )
    return About(stored.settings, stimuli, stored.sources, sha256(content).hexdigest())


def _problem(
    conditions: tuple[Condition, ...], stimuli: tuple[Stimulus, ...], texts: list[str]
) -> str | None:
    """Return why conditions and sounds cannot be those of a test; None if they can."""
    names = [condition.name for condition in conditions]
    texts = [*texts, *names, *(stimulus.name for stimulus in stimuli)]
    for stimulus in stimuli:
        if problem := _wrong_sound(stimulus, names):
            return problem
    heard = Counter(stimulus.condition for stimulus in stimuli)
    beeps = sorted(stimulus.beeps for stimulus in stimuli if stimulus.beeps is not None)
    problems = {
        "a name holds control characters": any(printable(text) != text for text in texts),
        "two conditions have one name, or one has none": "" in names
        or len(set(names)) < len(names),
        "two sounds have one token": len({stimulus.token for stimulus in stimuli}) < len(stimuli),
        "sounds are missing": beeps != [1, 2, 3, 4, 5] or not all(heard[name] for name in names),
        "there is no system": all(condition.role != "system" for condition in conditions),
    }
    return next((problem for problem, is_so in problems.items() if is_so), None)


def _wrong_sound(stimulus: Stimulus, names: list[str]) -> str | None:
    if not _TOKEN.fullmatch(stimulus.token) or not _SHA256.fullmatch(stimulus.sha256):
        return "a sound's token or digest is none"
    if (stimulus.condition == "") != (stimulus.beeps is not None) or stimulus.condition not in {
        "",
        *names,
    }:
        return f"a sound is of no condition: {stimulus.name!r}"
    return None
