"""Held-out music from which what is exported may begin."""

import numpy as np

from reverie.audio.provenance import Prompt
from reverie.errors import ReverieError
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.runs.run import Run


def held_out_music(run: Run, count: int) -> tuple[list[Prompt], PromptMusic] | None:
    """Return so many prompts and their music; None for 0, and where the corpus is gone."""
    if not count:
        return None
    try:
        return choose_prompts(run, "held-out", count, np.random.default_rng(0))
    except ReverieError:
        return None


def one_beginning(run: Run, count: int) -> PromptMusic | None:
    """Return the music of one prompt if any are wanted; None as above."""
    found = held_out_music(run, min(count, 1))
    return None if found is None else found[1]
