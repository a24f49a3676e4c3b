"""Will the clips that are asked for fit: on the disk, in memory, among the files that may be open?

Letters: B clips, S samples of a prompt, T steps, D width of a frame, H hidden width.
"""

import math
import resource
import shutil
from pathlib import Path

import torch

from reverie.errors import ReverieError
from reverie.frames.transforms import frame_spec
from reverie.generation.settings import GenerationSettings
from reverie.runs.memory import GIB, available_memory
from reverie.runs.run import Run

SAMPLE_BYTES = {"wav": 2, "float-wav": 4, "flac": 1}
"""Of a sample on disk. FLAC of music takes about half of its 16 bits."""
SPARE_FILES = 64
"""Files that the program has open besides the clips that it writes."""


def require_disk(
    out: Path, clips: int, settings: GenerationSettings, rate_hz: int, channels: int
) -> None:
    """Refuse what the disk of `out` has no room for.

    Args:
        out: the folder for them, which need not be there yet.
        clips: how many are to be made.
        settings: their length and format.
        rate_hz: samples per second.
        channels: of each clip.

    Raises:
        ReverieError: there is too little room.
    """
    values = settings.seconds * rate_hz * channels
    needed = clips * values * SAMPLE_BYTES[settings.format]
    free = shutil.disk_usage(_existing(out)).free
    if needed > free:
        raise ReverieError(
            f"{clips} clips of {settings.seconds:g} s take about {_size(needed)}, and {out} has "
            f"{_size(free)} free.",
            "Ask for fewer or shorter ones, or choose another folder.",
        )


def require_memory(run: Run, settings: GenerationSettings, *, in_memory: bool = False) -> None:
    """Refuse more clips at once than memory has room for.

    Args:
        run: whose clips.
        settings: how many, and how long.
        in_memory: their samples are held in memory, and not written as they come.

    Raises:
        ReverieError: there is too little memory.
    """
    needed = settings.count * clip_memory_bytes(run)
    if in_memory:
        # The pieces and their concatenation, as float32.
        values = math.ceil(settings.seconds * run.rate_hz) * run.recipe.frames.n_channels
        needed += settings.count * 8 * values
    free = available_memory(torch.device("cpu"))
    if needed > free:
        raise ReverieError(
            f"{settings.count} clip{'s' * (settings.count > 1)} at once would take about "
            f"{_size(needed)} of memory, and {_size(free)} are free.",
            "Lower count, and make the rest with another seed."
            if settings.count > 1
            else "Close other programs, or choose another run.",
        )


def clip_memory_bytes(run: Run) -> int:
    """About what each clip of a batch takes: its prompt, as samples and as frames, and its
    states."""
    recipe, model = run.recipe, run.recipe.model
    spec = frame_spec(recipe.frames, run.rate_hz)
    steps, prompt = recipe.sequence_frames(run.rate_hz), recipe.prompt_frames(run.rate_hz)
    samples = 3 * spec.channels * spec.samples_for(prompt)
    frames = 3 * prompt * spec.width
    cores = {"bilinear": model.branches, "stacked": model.depth, "ensemble": model.depth}
    # Hidden state, cell and four gates, of each state in flight.
    states = 6 * steps * model.hidden * cores.get(model.architecture, 1)
    return 4 * (samples + frames + states)


def allow_open_files(clips: int) -> None:
    """Let this process have the files of `clips` open at once.

    Raises:
        ReverieError: the system lets it have fewer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = clips + SPARE_FILES
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise ReverieError(
            f"{clips} clips at once are more files than this process may open ({hard}).",
            "Lower count, and make the rest with another seed.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _size(count: float) -> str:
    return f"{count / GIB:,.1f} GiB" if count >= GIB else f"{count / (1 << 20):,.1f} MiB"


def _existing(path: Path) -> Path:
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path
