"""The settings of generation."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from reverie.audio.folders import audio_in
from reverie.audio.provenance import DRAWN
from reverie.audio.writing.formats import Format
from reverie.errors import ReverieError
from reverie.runs.settings import GenerationDefaults
from reverie.settings import STRICT, build

Seed = Annotated[int, Field(ge=0, lt=1 << 63)]
"""What every generator of random numbers, and TOML, can hold."""

_FORMATS: dict[str, Format] = {"wav": "wav16", "float-wav": "wav32f", "flac": "flac"}


@dataclass(frozen=True, config=STRICT)
class GenerationSettings(GenerationDefaults):
    """What to make."""

    seconds: Annotated[float, Field(gt=0, le=1e9)] = 10.0
    """Length of each clip, the prompt not counted."""

    count: Annotated[int, Field(ge=1, le=10_000)] = 5
    """How many clips."""

    seed: Seed = 0
    """Decides which prompts are taken, and every draw."""

    prompt: str | tuple[str, ...] = "held-out"
    """Where prompts come from: `held-out` or `training` recordings; an audio file, or several,
    which take turns, of each its loudest coherent stretch; `nothing` begins without."""

    prompt_at_seconds: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Where in the audio files prompts begin, in seconds; none takes the loudest stretch."""

    prompt_recordings: tuple[str, ...] = ()
    """Only these recordings of the split give prompts; none named, all do."""

    checkpoint: str = "best"
    """`best` (nearest to music where clips were judged, else of the lowest held-out loss),
    `latest`, an epoch's number, or a checkpoint's name."""

    format: Literal["wav", "float-wav", "flac"] = "wav"
    """16-bit WAV, 32-bit float WAV, or 16-bit FLAC."""

    @property
    def file_format(self) -> Format:
        """How samples are stored."""
        return _FORMATS[self.format]


def clip_settings(
    defaults: GenerationDefaults, wanted: Mapping[str, Any], source: str = "generate"
) -> GenerationSettings:
    """What a run's recipe says of generation, and over it what is wanted.

    Args:
        defaults: the recipe's.
        wanted: settings by name; None stands for the recipe's own. Of `prompt` a folder stands
            for the audio files in it; without `count` there is a clip for each of several files.
        source: where they come from, for the message.

    Raises:
        ReverieError: one of them does not fit, or a folder holds no audio.
    """
    chosen = {name: value for name, value in wanted.items() if value is not None}
    sources = chosen.get("prompt", DRAWN[0])
    sources = [sources] if isinstance(sources, str) else list(sources)
    if len(sources) == 1 and (sources[0] in DRAWN or not Path(sources[0]).is_dir()):
        chosen["prompt"] = sources[0]
    elif sources:
        files = _files(sources)
        chosen = {"count": len(files), **chosen, "prompt": files}
    return build(GenerationSettings, {**dataclasses.asdict(defaults), **chosen}, source)


def _files(sources: Sequence[str]) -> tuple[str, ...]:
    """The audio files that `sources` name, folders with all below them."""
    if drawn := [one for one in sources if one in DRAWN]:
        raise ReverieError(
            f"{drawn[0]} cannot stand beside files to go on from.", "Give one or the other."
        )
    return tuple(
        str(file)
        for one in sources
        for file in (audio_in(Path(one)) if Path(one).is_dir() else [Path(one)])
    )
