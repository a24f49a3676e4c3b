"""Guards: silent within the range of music, firm outside of it, each clip for itself."""

import math

import pytest
import torch
from torch import Tensor

from reverie.generation.sampling.loudness import GAIN, MAX_BIAS, LoudnessBias
from reverie.generation.sampling.running_mean import RunningMean
from reverie.generation.sampling.surprisal import MAX_TEMPERATURE, SurprisalTemperature
from reverie.models.calibration import UsualRange

LEVELS = torch.tensor([-80.0, -60.0, -50.0, -40.0])
LOGITS = torch.tensor([2.0, 1.0, 0.0, -1.0])


def test_a_window_is_as_usual_until_it_has_values() -> None:
    recent = RunningMean(UsualRange(40.0, 50.0, 4))
    assert recent.shortfall().abs().max() == 0
    for _ in range(4):
        assert recent.shortfall().tolist()[0] == 0
        recent.append(torch.tensor([45.0, 35.0]))
    assert recent.shortfall().tolist() == [0.0, 5.0]
    recent.append(torch.tensor([95.0, 35.0]))
    assert recent.shortfall().tolist() == [-7.5, 5.0]


def surprised(bits: list[float]) -> tuple[SurprisalTemperature, Tensor]:
    """A guard for 2 to 4 bits whose clips' codes were worth `bits`."""
    guard = SurprisalTemperature(UsualRange(2.0, 4.0, 4))
    share = torch.tensor([2.0**-one for one in bits])
    rest = (1 - share) / (len(LOGITS) - 1)
    logits = torch.stack([share, rest, rest, rest], dim=-1).log()
    for _ in range(4):
        guard.observe(logits, torch.zeros(len(bits), dtype=torch.long))
    return guard, LOGITS.expand(len(bits), -1)


def test_surprise_is_guarded_only_outside_of_its_range() -> None:
    guard, logits = surprised([3.0, 1.9, 0.01, 4.1, 30.0])
    within, little, much, down, far = (logits[0, 0] / guard(logits)[:, 0]).tolist()
    assert within == 1
    assert 1 < little < much == pytest.approx(MAX_TEMPERATURE)
    assert 1 > down > far == pytest.approx(1 / MAX_TEMPERATURE)
    for _ in range(4):
        guard.observe(torch.zeros(5, 8), torch.zeros(5, dtype=torch.long))
    assert torch.equal(guard(logits), logits)


def test_level_is_guarded_only_outside_of_its_range() -> None:
    guard = LoudnessBias(UsualRange(-55.0, -45.0, 3), LEVELS)
    assert torch.equal(guard(LOGITS)[0], LOGITS)
    for _ in range(3):
        guard.observe(LOGITS, torch.tensor([2, 1, 0, 3]))
    change = guard(LOGITS.expand(4, -1)) - LOGITS
    slopes = (change[:, 3] - change[:, 0]) / (LEVELS[3] - LEVELS[0])
    assert slopes.tolist() == pytest.approx([0, 5 * GAIN, MAX_BIAS, -5 * GAIN], abs=1e-6)


def test_a_silence_that_would_never_end_ends() -> None:
    """Silence is followed by silence but once in a hundred thousand times."""
    guard = LoudnessBias(UsualRange(-55.0, -45.0, 10), LEVELS)
    silent = torch.tensor([0.0, -math.log(1e5), -math.log(1e5), -math.log(1e5)])
    rng = torch.Generator().manual_seed(0)
    for _ in range(100):
        code = torch.multinomial(guard(silent).softmax(-1), 1, generator=rng)[0]
        guard.observe(silent, code)
        if code:
            return
    raise AssertionError("it went on")
