"""The held-out music that a page may begin from, as its model and its codec know it."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from reverie.export.beginnings import held_out_music
from reverie.frames.contract import Representation
from reverie.frames.full_band.codec import FullBandCodec
from reverie.pages.page import clock
from reverie.runs.run import Run


@dataclass(frozen=True)
class PagePrompt:
    """A prompt of a page."""

    name: str
    rubato: float | None
    tables: dict[str, Tensor]
    """Its codes [T, Q], the samples [S] at its end, mono and as the codec of them hears them, its
    beat, and of the full band the mean [E] of its features and those of the last frames [2, E]."""


def page_prompts(run: Run, representation: Representation, count: int) -> list[PagePrompt]:
    """Return held-out prompts; none where the corpus is gone.

    Args:
        run: whose prompts they are.
        representation: of its frames, which are codes.
        count: of prompts.
    """
    found = held_out_music(run, count)
    if found is None:
        return []
    places, music = found
    with torch.inference_mode():
        tables = {"codes": representation.analyse(music.samples)}
        tables |= _ends(representation, music.samples)
    if music.beat is not None:
        tables["beat"] = music.beat
    prompts: list[PagePrompt] = []
    for number, place in enumerate(places):
        own = {f"prompt.{number}.{name}": table[number] for name, table in tables.items()}
        rubato = None if music.rubato is None else float(music.rubato[number])
        name = f"{Path(place.recording).stem}, {clock(place.offset_seconds)}"
        prompts.append(PagePrompt(name, rubato, own))
    return prompts


def _ends(representation: Representation, samples: Tensor) -> dict[str, Tensor]:
    """Return what sound is continued from, of prompts [B, C, S]."""
    if not isinstance(representation, FullBandCodec):
        # As a corpus has them, whose samples are whole numbers.
        whole = (_last(samples, representation) * (1 << 15)).round()
        return {"samples": whole.to(torch.int16)}
    measured = representation.measure(samples)
    return {
        "samples": _last(representation.narrowed(samples), representation.narrow),
        "style": measured.mean(1),
        "features": representation.means + representation.scales * measured[:, -2:],
    }


def _last(samples: Tensor, codec: Representation) -> Tensor:
    """Return the last of samples: [B, 1, S] -> [B, kept]."""
    return samples[:, 0, -2 * codec.spec.overlap_samples :]
