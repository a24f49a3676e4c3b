"""Samplers: a head's output to the next frame of each clip.

Letters: O outputs of a head, D width of a frame, Q codebooks, C values of a code; `...` the clips
of a batch.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from reverie.generation.sampling.loudness import LoudnessBias
from reverie.generation.sampling.processors import (
    Guidance,
    LogitsProcessor,
    MinP,
    StatefulProcessor,
    Temperature,
    TopK,
    TopP,
)
from reverie.generation.sampling.surprisal import SurprisalTemperature
from reverie.models.calibration import Calibration
from reverie.models.code_head import CodeHead
from reverie.models.contract import FrameModel, Head, RegressionHead
from reverie.runs.settings import GenerationDefaults, SamplingSettings

MISSING_GUARD = "the guards are off: this checkpoint was written before held-out music was measured"
MISSING_BEAT = "`bpm` has no effect: this model has not learnt the beat (`model.beat`)"
MISSING_SPREAD = (
    "the temperature has no effect: this checkpoint was written before held-out music was measured"
)


class Sampler(Protocol):
    """Draws the next frame of each clip; it may depend on those that it drew before."""

    def __call__(self, output: Tensor, short: Tensor | None = None) -> Tensor:
        """Draw a frame.

        Args:
            output: [..., O], from the whole context.
            short: [..., O], from the newest frames alone, for guidance; None for no guidance.

        Returns:
            [..., D].
        """
        ...

    def update(self, settings: SamplingSettings) -> None:
        """Draw by other settings from the next frame on."""
        ...

    def reset(self) -> None:
        """Forget the frames drawn so far."""
        ...


def make_sampler(
    head: Head,
    settings: SamplingSettings,
    rng: torch.Generator,
    calibration: Calibration,
    loudness_db: Tensor | None = None,
) -> Sampler:
    """Build the sampler of a head.

    Args:
        head: whose outputs are sampled.
        settings: how.
        rng: for the draws.
        calibration: of the checkpoint.
        loudness_db: [C], of each first code in the codec.

    Raises:
        TypeError: the head is of another kind.
    """
    match head:
        case CodeHead():
            return CodeSampler(head, settings, rng, _guards(calibration, loudness_db))
        case RegressionHead():
            return RegressionSampler(head, settings, rng, calibration.rmse)
        case _:
            raise TypeError(f"no sampler of a {type(head).__name__}")


def missing(model: FrameModel, settings: GenerationDefaults, calibration: Calibration) -> str:
    """Say what of `settings` this model cannot do with this calibration; empty for nothing."""
    lacks: list[str] = []
    if settings.bpm is not None and model.conditioner is None:
        lacks.append(MISSING_BEAT)
    if isinstance(model.head, CodeHead):
        measured = calibration.surprisal_bits and calibration.loudness_db
        if settings.guard and not measured:
            lacks.append(MISSING_GUARD)
    elif calibration.rmse is None and settings.temperature:
        lacks.append(MISSING_SPREAD)
    return "; ".join(lacks)


class RegressionSampler:
    """Draws frames of real numbers.

    Args:
        head: whose outputs are sampled.
        settings: the temperature.
        rng: for the draws.
        rmse: [D], the head's error on held-out music.
    """

    def __init__(
        self,
        head: RegressionHead,
        settings: SamplingSettings,
        rng: torch.Generator,
        rmse: Tensor | None,
    ) -> None:
        self._head, self._settings, self._rng, self._rmse = head, settings, rng, rmse

    def __call__(self, output: Tensor, short: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """[..., O] -> [..., D]."""
        return self._head.draw(output, self._rmse, self._settings.temperature, self._rng)

    def update(self, settings: SamplingSettings) -> None:
        """Draw by other settings from the next frame on."""
        self._settings = settings

    def reset(self) -> None:
        """Nothing is remembered."""


class CodeSampler:
    """Draws the codes of a frame, one after another.

    Guards change the logits of the first code alone: they keep the clip where music usually is.
    The finer codes are as good as noise to the model either way.

    Args:
        head: whose outputs are sampled.
        settings: how.
        rng: for the draws.
        guards: the processors of the first code that `settings.guard` turns on.
    """

    def __init__(
        self,
        head: CodeHead,
        settings: SamplingSettings,
        rng: torch.Generator,
        guards: Sequence[StatefulProcessor],
    ) -> None:
        self._head, self._rng, self._all_guards = head, rng, guards
        self.update(settings)

    def __call__(self, output: Tensor, short: Tensor | None = None) -> Tensor:
        """[..., O] -> [..., Q]."""
        guidance = None
        if short is not None and self._guidance is not None:
            guidance, output = self._guidance, torch.stack([output, short])
        prefix = self._head.prefix(output)
        codes: list[Tensor] = []
        for place, (processors, greedy) in enumerate(self._chains):
            logits = prefix.logits()
            processed = logits if guidance is None else guidance(logits)
            guards = self._guards if place == 0 else ()
            for processor in (*guards, *processors):
                processed = processor(processed)
            code = processed.argmax(-1) if greedy else draw(processed, self._rng)
            for guard in guards:
                guard.observe(logits if guidance is None else logits[0], code)
            if place + 1 < len(self._chains):
                prefix.append(code)
            codes.append(code)
        return torch.stack(codes, dim=-1)

    def update(self, settings: SamplingSettings) -> None:
        """Draw by other settings from the next frame on."""
        self._guards = self._all_guards if settings.guard else ()
        self._guidance = Guidance(settings.guidance) if settings.guidance else None
        count = self._head.n_codebooks
        self._chains = [
            (chain(settings, temperature), temperature == 0)
            for temperature in (settings.temperature_of(place, count) for place in range(count))
        ]

    def reset(self) -> None:
        """Forget the frames drawn so far."""
        for guard in self._all_guards:
            guard.reset()


def chain(settings: SamplingSettings, temperature: float) -> tuple[LogitsProcessor, ...]:
    """The processors that `settings` ask for, at a temperature; none where it is 0."""
    if temperature == 0:
        return ()
    processors: list[LogitsProcessor] = [] if temperature == 1 else [Temperature(temperature)]
    if settings.top_k:
        processors.append(TopK(settings.top_k))
    if settings.min_p:
        processors.append(MinP(settings.min_p))
    if settings.top_p < 1:
        processors.append(TopP(settings.top_p))
    return tuple(processors)


def draw(logits: Tensor, rng: torch.Generator) -> Tensor:
    """Draw one value of each distribution: [..., C] -> [...].

    A race: each value waits an exponential time at the rate of its likelihood, and the first to
    come is taken. It takes one random number a value, whatever the leading axes.
    """
    waits = torch.empty(logits.shape, device=rng.device).exponential_(generator=rng)
    return (logits - waits.clamp_min_(1e-30).log_().to(logits)).argmax(-1)


def _guards(calibration: Calibration, loudness_db: Tensor | None) -> list[StatefulProcessor]:
    guards: list[StatefulProcessor] = []
    if calibration.surprisal_bits:
        guards.append(SurprisalTemperature(calibration.surprisal_bits))
    if calibration.loudness_db and loudness_db is not None:
        guards.append(LoudnessBias(calibration.loudness_db, loudness_db))
    return guards
