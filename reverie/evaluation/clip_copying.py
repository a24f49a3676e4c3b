"""Find what one finished clip repeats of the training recordings."""

from pathlib import Path

from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.copying.judgement import Copying, judge_groups
from reverie.evaluation.systems import read_systems


def copying_of(clip: Path, corpus: Corpus, *, quiet: bool = False) -> Copying | None:
    """Judge whether the first two minutes of a clip repeat the training recordings.

    Args:
        clip: the file.
        corpus: that its run was trained on.
        quiet: show no progress.

    Returns:
        The judgement; None if the clip is too short, or nothing is held out to compare with.

    Raises:
        ReverieError: the samples of the corpus are damaged.
    """
    try:
        (system,) = read_systems([clip], corpus)
    except ReverieError:
        return None
    wave = system.clips[0].wave
    longest = max((recording.samples for recording in corpus.of_split("held-out")), default=0)
    if not longest:
        return None
    seconds = min(len(wave), longest) / corpus.rate_hz
    ((copying,),) = judge_groups(corpus, [[wave]], seconds, quiet=quiet)
    return copying
