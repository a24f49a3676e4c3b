"""Describe the figures of a system in words."""

from collections import Counter
from dataclasses import dataclass

from reverie.evaluation.copying.null import FLAGGED_PERCENTILE
from reverie.evaluation.figures import Evaluation, SystemFigures
from reverie.evaluation.interval import Interval, binomial_tail
from reverie.pages.page import Tone

BY_CHANCE = 0.01
"""Copies count if chance would flag as many in less than this share of evaluations."""
DECIDING_EMBEDDING = "musicnn"
"""The embedding whose discrepancy decides the verdict."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on a system: one line, its tone, and details."""

    tone: Tone
    line: str
    details: tuple[str, ...]


def verdict(system: SystemFigures, evaluation: Evaluation) -> Verdict:
    """Judge a system by its figures."""
    count = len(system.clips)
    if not count:
        return Verdict("bad", "None of its clips can be judged.", ())
    found = Counter(clip.health.verdict for clip in system.clips)
    music = _of_music(evaluation)
    details = [_health(found, count, music), _near(system, evaluation), _copies(system)]
    usual, many = found.most_common(1)[0]
    if usual != "ok" and 2 * many >= count:
        words = {
            "silent": "silence",
            "noise": "noise",
            "frozen": "a held sound",
            "looping": "loops",
            "clipped": "clipped sound",
        }
        return Verdict(
            "bad",
            f"Mostly {words[usual]}: {many} of {count} clips; {_as_many(usual, music)}.",
            tuple(details),
        )
    if copies_tell(system):
        line = f"{system.copied} of {count} clips repeat the training recordings."
        return Verdict("bad", line, tuple(details))
    tone, line = _placed(count, music_to_noise(system, evaluation), _of_training(evaluation))
    return Verdict(tone, line, tuple(details))


def _placed(count: int, share: float | None, of_training: float | None) -> tuple[Tone, str]:
    """Describe where a system, and training music, lie between held-out music and noise."""
    if share is None:
        return "warn", f"{count} {'clip is' if count == 1 else 'clips are'} too few to place."
    if share <= 0:
        return "good", "As near to the held-out music as real music is."
    if of_training is not None and share <= of_training:
        return "good", "As near to the held-out music as the training recordings are."
    if share < 0.5:
        return "warn", f"Nearer to music than to noise: {share:.0%} of the way to noise."
    if share < 1:
        return "bad", f"Nearer to noise than to music: {share:.0%} of the way."
    return "bad", "Farther from music than shaped noise is."


def copies_tell(system: SystemFigures) -> bool:
    """Whether more clips are flagged than expected by chance."""
    chance = 1 - FLAGGED_PERCENTILE / 100
    likely = binomial_tail(system.copied, len(system.clips), chance)
    return system.copied > 0 and likely < BY_CHANCE


def music_to_noise(system: SystemFigures, evaluation: Evaluation) -> float | None:
    """Place a system between real music (0) and shaped noise (1) by its discrepancy.

    It is also 0 if its interval overlaps that of real music, and None with too few clips.
    """
    name = DECIDING_EMBEDDING
    mine = system.distances[name].mmd
    music, noise = (
        next(
            reference.distances[name].mmd
            for reference in evaluation.references
            if reference.kind == kind
        )
        for kind in ("music", "noise")
    )
    if mine is None or music is None or noise is None:
        return None
    if _meet(mine, music) or mine.value <= music.value:
        return 0.0
    return (mine.value - music.value) / max(noise.value - music.value, 1e-9)


def discrepancy(system: SystemFigures) -> float | None:
    """Return the deciding discrepancy from held-out music; None with too few clips."""
    found = system.distances.get(DECIDING_EMBEDDING)
    return found.mmd.value if found and found.mmd else None


def _meet(a: Interval, b: Interval) -> bool:
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return False
    return a.low <= b.high and b.low <= a.high


def _of_music(evaluation: Evaluation) -> Counter[str]:
    """Count the verdicts on real music, by the same measures."""
    music = next(one for one in evaluation.references if one.kind == "music")
    return Counter(clip.health.verdict for clip in music.clips)


def _as_many(name: str, music: Counter[str]) -> str:
    """Say how much real music comes to a verdict."""
    return f"real music {music[name]} of {music.total()}"


def _health(counts: Counter[str], count: int, music: Counter[str]) -> str:
    """Say how many clips come to each verdict, and how much real music does."""
    names = [name for name, _ in counts.most_common()]
    names += [name for name, _ in music.most_common() if name not in counts]
    said = [f"{counts[name]} of {count} {name} ({_as_many(name, music)})" for name in names]
    return f"{', '.join(said)}."


def _of_training(evaluation: Evaluation) -> float | None:
    """Place training music between held-out music and noise; None where there is too little."""
    known = [one for one in evaluation.references if one.kind == "training"]
    return music_to_noise(known[0], evaluation) if known else None


def _near(system: SystemFigures, evaluation: Evaluation) -> str:
    title = evaluation.titles[DECIDING_EMBEDDING]
    share, of_training = music_to_noise(system, evaluation), _of_training(evaluation)
    if share is None:
        return f"Too few clips for a distance by {title}."
    if share <= 0:
        return f"By {title} it is as close to held-out music as real music is."
    beside = f" The training recordings lie {of_training:.0%} of the way." if of_training else ""
    if share > 1:
        return (
            f"By {title} it is farther from real music than noise of the same spectrum is.{beside}"
        )
    return (
        f"By {title} it lies {share:.0%} of the way from real music to noise of its "
        f"spectrum.{beside}"
    )


def _copies(system: SystemFigures) -> str:
    count = len(system.clips)
    if not system.copied:
        return "No clip repeats the training recordings more than real music does."
    longest = max(
        (clip.copying for clip in system.clips if clip.copying), key=lambda copying: copying.seconds
    )
    sentence = (
        f"{system.copied} of {count} clips repeat the training recordings beyond what 99 of 100 "
        f"real excerpts do; the longest run is {longest.seconds:.1f} s of {longest.recording}."
    )
    return sentence if copies_tell(system) else f"{sentence} This many may be chance."
