"""Cut excerpts of a corpus: real music to compare clips with."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from reverie.audio.pcm import to_float32
from reverie.corpus.corpus import Corpus, Recording
from reverie.similarity.stream import Excerpt


def cut_evenly(
    corpus: Corpus, recordings: Sequence[Recording], seconds: float, count: int
) -> list[Excerpt]:
    """Cut at most `count` excerpts of `seconds` each, spread evenly over the recordings.

    They overlap only if there is too little music; shorter recordings are left out.
    """
    rate, size = corpus.rate_hz, round(seconds * corpus.rate_hz)
    room = [max(recording.samples - size + 1, 0) for recording in recordings]
    total = sum(room)
    excerpts: list[Excerpt] = []
    if not total:
        return excerpts
    ends = list(accumulate(room))
    wanted = min(count, total)
    for number in range(wanted):
        at = (2 * number + 1) * total // (2 * wanted)
        place = bisect_right(ends, at)
        start = at - (ends[place] - room[place])
        wave = to_float32(corpus.pcm(recordings[place])[start : start + size])
        excerpts.append(Excerpt(place, start / rate, wave))
    return excerpts
