"""How a compiled module draws frames: temperature, guidance, guards, as `generation/sampling`.

Letters as in `plain/model.py`.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reverie.export.nn.drawing import drawn, guided, narrowed, shortfall
from reverie.export.plain.model import PlainModel
from reverie.generation.sampling import loudness, surprisal
from reverie.models.calibration import Calibration, UsualRange
from reverie.runs.settings import GenerationDefaults


@dataclass(frozen=True)
class Surroundings:
    """What a generator needs besides its modules."""

    rate_hz: int
    hop_samples: int
    """n."""
    channels: int
    """C."""
    window_frames: int
    """T, of the rolling window."""
    first_code_db: Tensor | None
    """[values], how loud each first code is; None of frames of numbers."""


class Sampling(nn.Module):
    """Draws codes.

    Args:
        model: whose codes are drawn.
        settings: how.
        calibration: of the checkpoint.
        about: rates and sizes.
        seed: of the draws.
    """

    def __init__(
        self,
        model: PlainModel,
        settings: GenerationDefaults,
        calibration: Calibration,
        about: Surroundings,
        seed: int,
    ) -> None:
        super().__init__()
        self.model = model
        self.is_codes: bool = model.is_codes
        self.n_codes: int = model.n_codes
        self._set_sampling(settings, seed)
        self._set_guards(settings, calibration, about)

    def _set_sampling(self, settings: GenerationDefaults, seed: int) -> None:
        self.temperature: float = float(settings.temperature)
        last = settings.detail_temperature
        self.follows = last is None
        self.detail_temperature: float = self.temperature if last is None else float(last)
        self.guidance: float = float(settings.guidance)
        self.bpm: float = float(settings.bpm or 0.0)
        self.top_k: int = settings.top_k
        self.min_p: float = float(settings.min_p)
        self.top_p: float = float(settings.top_p)
        self.seed: int = seed
        self.drawn: int = 0

    def _set_guards(
        self, settings: GenerationDefaults, calibration: Calibration, about: Surroundings
    ) -> None:
        measured = calibration.surprisal_bits, calibration.loudness_db
        surprisals, levels = (found or UsualRange(0.0, 0.0, 1) for found in measured)
        self.guards_surprisal = settings.guard and measured[0] is not None
        self.guards_level = (
            settings.guard and measured[1] is not None and about.first_code_db is not None
        )
        self.surprisal_low, self.surprisal_high = surprisals.low, surprisals.high
        self.level_low, self.level_high = levels.low, levels.high
        middle = (surprisals.low + surprisals.high) / 2
        self.surprisal_gain = surprisal.GAIN / max(middle, 1e-6)
        self.surprisal_limit = math.log(surprisal.MAX_TEMPERATURE)
        self.level_gain: float = loudness.GAIN
        self.level_limit: float = loudness.MAX_BIAS
        self.guarded: int = 0
        code_db = torch.zeros(1) if about.first_code_db is None else about.first_code_db
        rmse = torch.zeros(1) if calibration.rmse is None else calibration.rmse
        self.has_spread = calibration.rmse is not None
        for name, table in (
            ("code_db", code_db),
            ("rmse", rmse),
            ("surprisals", torch.full((surprisals.frames,), middle)),
            ("levels", torch.full((levels.frames,), (levels.low + levels.high) / 2)),
        ):
            self.register_buffer(name, table.clone())
        self.code_db: Tensor
        self.rmse: Tensor
        self.surprisals: Tensor
        self.levels: Tensor

    def next_codes(self, output: Tensor, is_guided: bool) -> Tensor:
        """Draw the codes of a frame, one after another: [1 or 2, O] -> [1, Q]."""
        codes = torch.zeros(1, self.n_codes, dtype=torch.int64, device=output.device)
        for place in range(self.n_codes):
            found = self.model.logits(output, codes, place)
            logits = found[0]
            if is_guided:
                logits = guided(found[0], found[1], self.guidance)
            if place == 0:
                logits = self.guard(logits)
            share = place / max(1, self.n_codes - 1)
            temperature = (1 - share) * self.temperature + share * self.detail_temperature
            if temperature <= 0:
                code = int(logits.argmax().item())
            else:
                kept = narrowed(logits / temperature, self.top_k, self.min_p, self.top_p)
                code = drawn(kept, self.seed, self.drawn)
                self.drawn += logits.shape[0]
            if place == 0:
                self.observe(found[0], code)
            codes[0, place] = code
        return codes

    def guard(self, logits: Tensor) -> Tensor:
        """Keep the music as surprising and as loud as music is: [values] -> [values]."""
        if self.guards_surprisal:
            short = shortfall(self.surprisals, self.surprisal_low, self.surprisal_high)
            limit = self.surprisal_limit
            logits = logits / math.exp(min(max(self.surprisal_gain * short, -limit), limit))
        if self.guards_level:
            short = shortfall(self.levels, self.level_low, self.level_high)
            bias = min(max(self.level_gain * short, -self.level_limit), self.level_limit)
            logits = logits + bias * self.code_db
        return logits

    def observe(self, logits: Tensor, code: int) -> None:
        """Take in the first code that was drawn, and the model's own logits for it."""
        bits = -logits.log_softmax(-1)[code] / math.log(2)
        self.surprisals[self.guarded % self.surprisals.shape[0]] = bits
        if self.guards_level:
            self.levels[self.guarded % self.levels.shape[0]] = self.code_db[code]
        self.guarded += 1
