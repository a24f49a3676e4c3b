"""Claims are judged by the numbers, and by nothing that is not there."""

from dataclasses import replace
from itertools import accumulate

from reverie.experiment.claims import (
    LEAST_EPOCHS,
    epochs_to_reach,
    judge_claims,
    judge_if_long_enough,
)
from reverie.experiment.measures import ClipFigures, ModelResult
from reverie.runs.metrics import EpochMetrics

CLIP = ClipFigures("001.wav", -3.0, 0.0, 0.1, 1.0, 0.2, "ok", 0.0, 10.0)


def result(model: str, loss: float, seconds: float = 10.0) -> ModelResult:
    return ModelResult(model, 1, 1, 10, loss, loss, {5: loss + 0.5, 10: loss}, 10, (CLIP,), seconds)


def curve(*held_out: float) -> list[EpochMetrics]:
    return [
        {"epoch": at, "train_loss": loss + 0.1, "held_out_loss": loss, "seconds": float(at)}
        for at, loss in enumerate(held_out, 1)
    ]


def judged(
    results: list[ModelResult], curves: dict[str, list[EpochMetrics]] | None = None
) -> dict[str, str]:
    return {one.says: one.judgement for one in judge_claims(results, curves or {})}


def test_beating_the_baseline() -> None:
    says = "Every proposed model beats the baseline."
    base = result("baseline", 1.0)
    assert judged([base, result("dense", 0.9)])[says] == "supported"
    assert judged([base, result("dense", 0.9), result("conv", 1.1)])[says] == "contradicted"
    assert judged([base, result("dense", 0.995)])[says] == "undecided"
    # GRUV's is no proposal of the paper's.
    assert judged([base, result("dense", 0.9), result("gruv", 2.0)])[says] == "supported"
    assert judged([result("dense", 0.9)])[says] == "undecided"


def test_bilinear_best() -> None:
    says = "Bilinear is best."
    for other, judgement in ((1.2, "supported"), (1.0, "undecided"), (0.8, "contradicted")):
        found = judged([result("bilinear", 1.0), result("stacked", other)])
        assert found[says] == judgement


def test_epochs_to_a_loss_that_all_reach() -> None:
    curves = {"bilinear": curve(1.0, 0.7, 0.5), "dense": curve(0.9, 0.8, 0.75)}
    assert epochs_to_reach(curves) == (0.75, {"bilinear": 2, "dense": 3})
    says = "Bilinear gets there in fewer epochs."
    assert judged([], curves)[says] == "supported"
    assert judged([], {"bilinear": curves["dense"], "dense": curves["bilinear"]})[says] == (
        "contradicted"
    )


def timed(*seconds: float) -> list[EpochMetrics]:
    """A curve whose epochs took so long each."""
    ends = accumulate(seconds)
    return [
        {"epoch": at, "train_loss": 1.0, "held_out_loss": None, "seconds": end}
        for at, end in enumerate(ends, 1)
    ]


def test_the_speed_of_convolution() -> None:
    says = "Convolution trains faster."
    for seconds, judgement in ((5.0, "supported"), (10.5, "undecided"), (20.0, "contradicted")):
        # One epoch in which the machine did something else does not count.
        curves = {"baseline": timed(10.0, 90.0, 10.0), "conv": timed(*[seconds] * 3)}
        assert judged([], curves)[says] == judgement


def test_nothing_is_said_of_sound_that_nobody_rated() -> None:
    found = judged([result("baseline", 1.0), result("conv", 2.0)])
    assert found["Convolution sounds worse."] == "undecided"
    assert found["Loss predicts nothing about quality."] == "undecided"


def test_curves_alike() -> None:
    says = "The loss curves of all models look alike."
    near = {"a": curve(2.0, 1.0, 0.5, 0.4), "b": curve(2.1, 1.1, 0.55, 0.42)}
    far = {"a": curve(2.0, 1.0, 0.5, 0.4), "b": curve(2.1, 2.0, 1.9, 1.8)}
    assert judged([], near)[says] == "supported"
    assert judged([], far)[says] == "contradicted"


def test_nothing_is_judged_of_too_short_a_training() -> None:
    results = [result("baseline", 1.0), result("dense", 0.9)]
    long = [replace(one, epochs=LEAST_EPOCHS) for one in results]
    assert judge_if_long_enough(long, {}) == judge_claims(long, {})
    short = [long[0], replace(long[1], epochs=LEAST_EPOCHS - 1)]
    claims = judge_if_long_enough(short, {})
    assert [one.says for one in claims] == [one.says for one in judge_claims(short, {})]
    assert {one.judgement for one in claims} == {"too short to judge"}
    assert {one.why for one in claims} == {
        f"Trained for {LEAST_EPOCHS - 1} epochs; claims are judged from {LEAST_EPOCHS} on."
    }
