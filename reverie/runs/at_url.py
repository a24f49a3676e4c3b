"""A run at an URL: what is fetched of it, what is sent, and in which order.

A checkpoint is there once its `state.json` is, which holds the hashes of the rest: it is sent last
and removed first, so that no checkpoint that is half sent or half removed is ever taken for one.
"""

import shutil
from collections.abc import Callable, Iterable

from reverie.errors import ReverieError
from reverie.remote.places import Place
from reverie.runs.calibration import CALIBRATION
from reverie.runs.files import (
    CONFIG,
    CORPUS,
    FRAMES,
    INITIAL,
    METRICS,
    PREVIEWS,
    read_config,
    read_corpus_record,
)
from reverie.runs.states import CHECKPOINTS, NAME, STATE, list_checkpoints

SMALL = (CONFIG, CORPUS, FRAMES, METRICS, STATE, CALIBRATION)
"""Files of a run, or of one that was exported, that are fetched when it is opened."""
ABOUT = (CORPUS, FRAMES, INITIAL, CONFIG)
"""What a run is, in the order in which it is sent: it is there once its `config.json` is."""
WATCHED = ("tensorboard", PREVIEWS)
"""Folders that are sent at the end alone."""


def fetch_run(place: Place) -> None:
    """Bring here what says what a run is, and the states of its checkpoints; weights wait.

    Raises:
        ReverieError: there is no run, or the store does not answer.
    """
    listed = place.list()
    if CONFIG not in listed:
        raise ReverieError(f"{place.url} holds no run.", "Give the URL of a run.")
    if place.is_unsent:
        return  # what lies here is further on
    place.drop_stale()
    _drop_half(place)
    place.fetch([*SMALL, *(f"{CHECKPOINTS}/{name}/{STATE}" for name in _whole(place))])


def pull_run(place: Place) -> None:
    """Bring a run here to train it further, unless what lies here is as far or further.

    Raises:
        ReverieError: what lies here unsent is another run, or the store does not answer.
    """
    listed, whole = place.list(), _whole(place)
    if CONFIG not in listed:
        return
    newest = whole[-1] if whole else ""
    if place.is_unsent and place.path(CONFIG).is_file():
        _require_same(place)
        here = list_checkpoints(place.folder)
        if here and _age(here[-1].name) >= _age(newest):
            return
        for one in here:
            if one.name not in whole:
                shutil.rmtree(one, ignore_errors=True)
    else:
        place.drop_stale()
    _drop_half(place)
    place.fetch((*ABOUT, METRICS), most_bytes=None)
    for name in whole:
        inside = f"{CHECKPOINTS}/{name}/"
        place.fetch(
            sorted((one for one in listed if one.startswith(inside)), key=_last_is_state),
            most_bytes=None,
        )


def send_run(place: Place, before_each: Callable[[], None], *, at_end: bool) -> None:
    """Send what lies here of a run and not at its URL, and remove there what was removed here.

    Args:
        place: of the run.
        before_each: called before each file; what it raises ends the sending.
        at_end: send what is for watching alone, too.

    Raises:
        ReverieError: the store does not answer, or refuses.
    """
    if not place.path(CONFIG).is_file():
        return
    here = [one.name for one in list_checkpoints(place.folder) if (one / STATE).is_file()]
    _send(place, ABOUT, before_each)
    if place.path(METRICS).is_file():
        # It grows while it is sent.
        copy = place.home / METRICS
        shutil.copyfile(place.path(METRICS), copy)
        place.listed[METRICS] = place.store.send(copy, METRICS)
    for name in here:
        inside = place.path(f"{CHECKPOINTS}/{name}")
        names = [f"{CHECKPOINTS}/{name}/{file.name}" for file in inside.glob("[!.]*")]
        _send(place, sorted(names, key=_last_is_state), before_each)
    if at_end:
        for folder in WATCHED:
            files = (one for one in sorted(place.path(folder).rglob("*")) if one.is_file())
            _send(place, [one.relative_to(place.folder).as_posix() for one in files], before_each)
    kept = {f"{CHECKPOINTS}/{name}" for name in here}
    gone = [
        name
        for name in place.listed
        if name.startswith(f"{CHECKPOINTS}/") and name.rpartition("/")[0] not in kept
    ]
    place.remove(sorted(gone, key=lambda name: not _last_is_state(name)))


def _send(place: Place, names: Iterable[str], before_each: Callable[[], None]) -> None:
    """Send files in order; where one was removed meanwhile, those after it are not sent."""
    for name in names:
        if not place.path(name).is_file():
            if name in ABOUT:
                continue
            return
        before_each()
        try:
            place.send(name)
        except (OSError, ReverieError):
            if place.path(name).is_file():
                raise
            return


def _whole(place: Place) -> list[str]:
    """Return the checkpoints that are whole at the URL, oldest first."""
    names = [name.split("/") for name in place.listed if name.startswith(f"{CHECKPOINTS}/")]
    whole = {parts[1] for parts in names if len(parts) == 3 and parts[2] == STATE}
    return sorted((one for one in whole if NAME.fullmatch(one)), key=_age)


def _drop_half(place: Place) -> None:
    """Remove checkpoints here of which no state is left."""
    for one in list_checkpoints(place.folder):
        if one != place.folder and not (one / STATE).is_file():
            shutil.rmtree(one, ignore_errors=True)


def _require_same(place: Place) -> None:
    """Refuse to go on where what lies here unsent is another run than that at the URL.

    Raises:
        ReverieError: it is.
    """
    copy = place.home / "there"
    shutil.rmtree(copy, ignore_errors=True)
    for name in (CONFIG, CORPUS):
        if name in place.listed:
            place.store.fetch(name, copy / name, place.listed[name])
    there, here = read_config(copy), read_config(place.folder)
    hashes = {one.frames_sha256 for one in (there, here)} - {None}
    corpora = {read_corpus_record(one).content_hash for one in (copy, place.folder)}
    shutil.rmtree(copy, ignore_errors=True)
    if len(hashes) > 1 or len(corpora) > 1:
        raise ReverieError(
            f"{place.url} is another run than the one that was not sent yet.",
            f"Choose another URL, or move that one away: it lies in {place.home}.",
        )


def _age(name: str) -> tuple[int, int]:
    match = NAME.fullmatch(name)
    return (int(match[1]), int(match[2] or 0)) if match else (-1, 0)


def _last_is_state(name: str) -> bool:
    return name.endswith(f"/{STATE}")
