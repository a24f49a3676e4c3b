"""The paper's claims, judged by an experiment's numbers.

The paper judges by listeners. Until people have rated, only loss, level and time are at hand, and
every judgement says which it rests on.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from reverie.experiment.measures import ModelResult
from reverie.runs.metrics import EpochMetrics

Judgement = Literal["supported", "contradicted", "undecided", "too short to judge"]

LEAST_EPOCHS = 20
"""After fewer, models are hardly told apart from how they were drawn: nothing is judged by them."""

MARGIN = 0.01
"""Losses that differ by less than this share count as equal: each model was trained once."""
TIME_MARGIN = 0.1
"""The same for seconds an epoch."""
ALIKE = 0.25
"""Curves are alike if they differ by less than this share of how far they fall."""

Curves = Mapping[str, Sequence[EpochMetrics]]


@dataclass(frozen=True)
class Claim:
    """One claim of the paper, and what this experiment says of it."""

    says: str
    judgement: Judgement
    why: str


def judge_claims(results: Sequence[ModelResult], curves: Curves) -> list[Claim]:
    """Judge every claim; one whose models are not all there stays undecided."""
    by_name = {one.model: one for one in results}
    return [
        _beat_the_baseline(by_name),
        _bilinear_is_best(by_name),
        _bilinear_is_soonest(curves),
        _conv_is_faster(curves),
        _conv_sounds_worse(by_name),
        _curves_alike(curves),
        Claim(
            "Loss predicts nothing about quality.",
            "undecided",
            "Nobody has rated these clips yet.",
        ),
    ]


def judge_if_long_enough(results: Sequence[ModelResult], curves: Curves) -> list[Claim]:
    """Judge every claim where each model was trained for `LEAST_EPOCHS`; else none."""
    claims = judge_claims(results, curves)
    fewest = min((one.epochs for one in results), default=LEAST_EPOCHS)
    if fewest >= LEAST_EPOCHS:
        return claims
    why = (
        f"Trained for {fewest} epoch{'' if fewest == 1 else 's'}; claims are judged from "
        f"{LEAST_EPOCHS} on."
    )
    return [Claim(one.says, "too short to judge", why) for one in claims]


def epochs_to_reach(curves: Curves) -> tuple[float, dict[str, int | None]]:
    """The lowest held-out loss that every model reaches, and the epoch by which each did."""
    measured = {
        name: [(line["epoch"], line["held_out_loss"]) for line in lines]
        for name, lines in curves.items()
    }
    lowest = [
        min(loss for _, loss in lines if loss is not None)
        for lines in measured.values()
        if any(loss is not None for _, loss in lines)
    ]
    target = max(lowest, default=float("nan"))
    return target, {
        name: next((epoch for epoch, loss in lines if loss is not None and loss <= target), None)
        for name, lines in measured.items()
    }


def epoch_seconds(curve: Sequence[EpochMetrics]) -> float:
    """The median time of an epoch: what disturbs a few of them does not count."""
    ends = [0.0, *(one["seconds"] for one in curve)]
    return statistics.median(after - before for before, after in pairwise(ends))


def _beat_the_baseline(results: Mapping[str, ModelResult]) -> Claim:
    says = "Every proposed model beats the baseline."
    others = [one for name, one in results.items() if name not in {"baseline", "gruv"}]
    if "baseline" not in results or not others:
        return Claim(says, "undecided", "The baseline or every other model is missing.")
    bar = _loss(results["baseline"])
    better = [one.model for one in others if _loss(one) < bar * (1 - MARGIN)]
    worse = [one.model for one in others if _loss(one) > bar * (1 + MARGIN)]
    why = (
        f"By loss on the selection recordings (baseline {bar:.4f}): lower by more than "
        f"{MARGIN:.0%}: {_names(better)}; higher: {_names(worse)}. Not by ear."
    )
    if worse:
        return Claim(says, "contradicted", why)
    return Claim(says, "supported" if len(better) == len(others) else "undecided", why)


def _bilinear_is_best(results: Mapping[str, ModelResult]) -> Claim:
    says = "Bilinear is best."
    others = [one for name, one in results.items() if name != "bilinear"]
    if "bilinear" not in results or not others:
        return Claim(says, "undecided", "Bilinear or every other model is missing.")
    own = _loss(results["bilinear"])
    rival = min(others, key=_loss)
    why = (
        f"By loss on the selection recordings: bilinear {own:.4f}, the best other "
        f"({rival.model}) {_loss(rival):.4f}; differences under {MARGIN:.0%} count as none. "
        "Not by ear."
    )
    if own < _loss(rival) * (1 - MARGIN):
        return Claim(says, "supported", why)
    return Claim(says, "contradicted" if _loss(rival) < own * (1 - MARGIN) else "undecided", why)


def _bilinear_is_soonest(curves: Curves) -> Claim:
    says = "Bilinear gets there in fewer epochs."
    target, reached = epochs_to_reach(curves)
    own = reached.get("bilinear")
    others = {name: epoch for name, epoch in reached.items() if name != "bilinear" and epoch}
    if own is None or not others:
        return Claim(says, "undecided", "Bilinear or every other model is missing.")
    soonest = min(others, key=lambda name: others[name])
    why = (
        f"To a held-out loss of {target:.4f}, the lowest that every model reaches: bilinear in "
        f"{own} epochs, the soonest other ({soonest}) in {others[soonest]}."
    )
    if own == others[soonest]:
        return Claim(says, "undecided", why)
    return Claim(says, "supported" if own < others[soonest] else "contradicted", why)


def _conv_is_faster(curves: Curves) -> Claim:
    says = "Convolution trains faster."
    if not {"conv", "baseline"} <= curves.keys():
        return Claim(says, "undecided", "Conv or the baseline is missing.")
    conv, base = (epoch_seconds(curves[name]) for name in ("conv", "baseline"))
    why = f"The median epoch took {conv:.2f} s, of the baseline {base:.2f} s, on this machine."
    if conv < base * (1 - TIME_MARGIN):
        return Claim(says, "supported", why)
    return Claim(says, "contradicted" if conv > base * (1 + TIME_MARGIN) else "undecided", why)


def _conv_sounds_worse(results: Mapping[str, ModelResult]) -> Claim:
    says = "Convolution sounds worse."
    if not {"conv", "baseline"} <= results.keys():
        return Claim(says, "undecided", "Conv or the baseline is missing.")
    conv, base = results["conv"], results["baseline"]
    return Claim(
        says,
        "undecided",
        f"Nobody has rated. Levels against the corpus: conv {conv.level_db:.1f} dB "
        f"({conv.verdicts}), baseline {base.level_db:.1f} dB ({base.verdicts}).",
    )


def _curves_alike(curves: Curves) -> Claim:
    says = "The loss curves of all models look alike."
    lines = {name: [one["train_loss"] for one in found] for name, found in curves.items()}
    length = min((len(one) for one in lines.values()), default=0)
    if len(lines) < 2 or length < 2:
        return Claim(says, "undecided", "There are too few curves.")
    fall = statistics.median(one[0] - one[length - 1] for one in lines.values())
    apart = [
        max(one[at] for one in lines.values()) - min(one[at] for one in lines.values())
        for at in range(length // 2, length)
    ]
    share = statistics.median(apart) / fall if fall > 0 else float("inf")
    why = (
        f"In the later half of the {length} epochs that all have, training losses lie "
        f"{statistics.median(apart):.4f} apart, {share:.0%} of how far they fell ({fall:.4f}); "
        f"under {ALIKE:.0%} counts as alike."
    )
    return Claim(says, "supported" if share < ALIKE else "contradicted", why)


def _loss(result: ModelResult) -> float:
    return result.selection_losses[result.chosen_epoch]


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
