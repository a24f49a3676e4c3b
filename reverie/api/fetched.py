"""Arguments that may be URLs: what lies there is brought here, and what is made is sent."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import EllipsisType

from reverie.api.keywords import PathLike, place_of
from reverie.api.recognised import refuse_other
from reverie.audio.formats import is_audio_name
from reverie.corpus.kinds import what_is
from reverie.generation.folder import SUFFIXES
from reverie.remote.folders import folder_from, folder_to
from reverie.remote.places import place_at
from reverie.remote.urls import is_url
from reverie.runs.at_url import fetch_run
from reverie.runs.states import CHECKPOINTS, NAME

Prompt = PathLike | Sequence[PathLike] | EllipsisType | None


def run_here(folder: PathLike) -> tuple[Path, str]:
    """Return the folder of a run, and the name of the checkpoint that was given instead, if one
    was; of an URL, the folder that stands for it.

    Raises:
        ReverieError: there is no run, or its store does not answer.
    """
    given = place_of(folder, "folder")
    if isinstance(given, Path):
        found = what_is(given)
        refuse_other(found, "run")
        return found.run or given, found.checkpoint
    above, _, name = given.rpartition("/")
    is_checkpoint = NAME.fullmatch(name) and above.endswith(f"/{CHECKPOINTS}")
    place = place_at(above.removesuffix(f"/{CHECKPOINTS}") if is_checkpoint else given)
    fetch_run(place)
    return place.folder, name if is_checkpoint else ""


def corpus_here(folder: PathLike) -> Path:
    """Return the folder of a corpus; of an URL, the one that stands for it, where it is opened.

    Raises:
        ReverieError: nothing opens the URL.
    """
    given = place_of(folder, "corpus")
    return given if isinstance(given, Path) else place_at(given).folder


def clips_here(folder: PathLike) -> Path:
    """Return a folder of sounds, or a sound; of an URL, with what lies there.

    Raises:
        ReverieError: nothing lies there, or the store does not answer.
    """
    given = place_of(folder, "systems")
    if isinstance(given, Path):
        return given
    return folder_from(given, lambda name: is_audio_name(name) or name.endswith(".json"))


def prompts_here(prompt: Prompt) -> Prompt:
    """Return what clips are to continue, with files here for URLs.

    Raises:
        ReverieError: nothing lies at one, or the store does not answer.
    """
    if isinstance(prompt, str) and is_url(prompt):
        return folder_from(str(place_of(prompt, "prompt")), is_audio_name)
    if isinstance(prompt, Sequence) and not isinstance(prompt, str):
        return [folder_from(str(one), is_audio_name) if is_url(one) else one for one in prompt]
    return prompt


@contextmanager
def made_at(out: PathLike | None) -> Generator[Path | None]:
    """Give where clips are made: a folder or a sound; of an URL, it is sent once they are.

    Raises:
        ReverieError: another process writes at the URL, or its store does not answer.
    """
    given = None if out is None else place_of(out, "out")
    if not isinstance(given, str):
        yield given
        return
    above, _, name = given.rpartition("/")
    path = Path(name)
    if path.suffix.lower() not in SUFFIXES:
        with folder_to(given) as folder:
            yield folder
        return
    with folder_to(above, lambda one: "/" not in one and Path(one).stem == path.stem) as folder:
        yield folder / name
