"""A run's music as one module that TorchScript compiles: model, draws, guards, beat and sound.

Letters: R rows of states, those of the long context first; C channels; others as in
`plain/model.py`.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from reverie.export.nn.attributes import Attributes
from reverie.export.nn.noise import normal
from reverie.export.nn.sampling import Surroundings
from reverie.export.plain.build import Start
from reverie.export.plain.model import PlainModel
from reverie.generation.metronome import MEMORY
from reverie.generation.stream import GUIDANCE
from reverie.models.calibration import Calibration
from reverie.runs.settings import GenerationDefaults

TRIGGER = 0.5
"""The inlet's level above which the music begins again."""


class Generator(Attributes):
    """Endless music, a buffer at a time.

    Args:
        model: the step.
        decoder: makes sound of frames.
        start: what it begins from.
        settings: how frames are drawn.
        calibration: of the checkpoint.
        about: rates and sizes.
        seed: of the draws.
    """

    sizes: list[int]
    shapes: list[list[int]]

    def __init__(
        self,
        model: PlainModel,
        decoder: nn.Module,
        start: Start,
        settings: GenerationDefaults,
        calibration: Calibration,
        about: Surroundings,
        seed: int,
    ) -> None:
        super().__init__(model, settings, calibration, about, seed)
        self.decoder: Any = decoder
        self.sr: int = about.rate_hz
        self.trigger: float = TRIGGER
        self.channels, self.hop = about.channels, about.hop_samples
        # nn~'s buffers are powers of two, and none should be much shorter than a frame.
        self.ratio = 1 << (self.hop.bit_length() - 1)
        self._set_contract(self.channels, self.ratio)
        self.frame_seconds = about.hop_samples / about.rate_hz
        self.memory: float = MEMORY
        self.hears_beat: bool = model.hears_beat and settings.beat
        self.n_long = about.window_frames if settings.method == "rolling" else 1
        self.is_rolling = settings.method == "rolling"
        self.n_short = GUIDANCE.states if model.is_codes else 0
        self.short_period: int = GUIDANCE.period
        self._set_state(start)
        self._read(start)
        self._keep_start()

    def _set_state(self, start: Start) -> None:
        layers, members, hidden = self.model.state_shape
        rows = self.n_long + self.n_short
        zero = torch.zeros(layers, members, rows, hidden)
        self.sizes = [one.numel() for one in start.sound]
        self.shapes = [list(one.shape) for one in start.sound]
        heard = [0] * self.n_long + [1] * self.n_short
        self.is_high: bool = False
        self.long_steps: int = 0
        self.short_steps: int = 0
        for name, table in (
            ("hidden", zero),
            ("cell", zero),
            ("top", zero[-1]),
            ("beat_of_row", torch.tensor(heard)),
            ("prefix", start.frames[:, : self.model.step_frames - 1]),
            ("sound", torch.cat([torch.zeros(0), *(one.flatten() for one in start.sound)])),
            ("metronome", torch.cat([start.metronome.double(), torch.zeros(1).double()])),
            ("fifo", torch.zeros(self.channels, 0)),
        ):
            self.register_buffer(name, table.clone())
        self.rubato: float = start.rubato
        self.hidden: Tensor
        self.cell: Tensor
        self.top: Tensor
        self.beat_of_row: Tensor
        self.prefix: Tensor
        self.sound: Tensor
        self.metronome: Tensor
        self.fifo: Tensor

    @torch.no_grad()
    def _read(self, start: Start) -> None:
        """Take in the prompt. Of its frames but the newest the short rows keep no trace."""
        frames = start.frames[:, self.prefix.shape[1] :]
        far = max(0, frames.shape[1] - self.n_short * self.short_period)
        for number, (frame, beat) in enumerate(zip(frames.unbind(1), start.beats, strict=True)):
            if number == far:
                self.hidden[:, :, self.n_long :] = 0
                self.cell[:, :, self.n_long :] = 0
                self.short_steps = 0
            self.append(frame, beat if self.hears_beat else torch.zeros(2))

    def _keep_start(self) -> None:
        for name in ("hidden", "cell", "top", "prefix", "sound", "metronome"):
            self.register_buffer(f"start_{name}", getattr(self, name).clone())
        self.start_hidden: Tensor
        self.start_cell: Tensor
        self.start_top: Tensor
        self.start_prefix: Tensor
        self.start_sound: Tensor
        self.start_metronome: Tensor
        self.start_long_steps: int = self.long_steps
        self.start_short_steps: int = self.short_steps

    @torch.jit.export
    def restart(self) -> None:
        """Begin again from the prompt; random numbers go on."""
        self.hidden, self.cell = self.start_hidden.clone(), self.start_cell.clone()
        self.top, self.prefix = self.start_top.clone(), self.start_prefix.clone()
        self.sound, self.metronome = self.start_sound.clone(), self.start_metronome.clone()
        self.long_steps, self.short_steps = self.start_long_steps, self.start_short_steps
        self.surprisals.fill_((self.surprisal_low + self.surprisal_high) / 2)
        self.levels.fill_((self.level_low + self.level_high) / 2)
        self.guarded = 0
        self.fifo = self.fifo[:, :0]

    @torch.jit.export
    def generate(self, x: Tensor) -> Tensor:
        """Generate a buffer.

        Args:
            x: [B, 1, S / ratio]; where it rises above a half the music begins again.

        Returns:
            [B, C, S], the same for each.
        """
        is_high = bool((x > self.trigger).any().item())
        if is_high and not self.is_high:
            self.restart()
        self.is_high = is_high
        needed = x.shape[2] * self.ratio
        while self.fifo.shape[1] < needed:
            self.fifo = torch.cat([self.fifo, self.next_samples()], dim=1)
        made = self.fifo[:, :needed]
        self.fifo = self.fifo[:, needed:].clone()
        return made.unsqueeze(0).expand(x.shape[0], -1, -1).contiguous()

    def forward(self, x: Tensor) -> Tensor:
        """As `generate`."""
        return self.generate(x)

    @torch.jit.export
    def next_samples(self) -> Tensor:
        """Generate a frame and return the samples that come next: [C, n]; none while they wait."""
        frame = self.next_frame()
        self.append(frame, self.next_beat())
        state = self.sound_parts()
        waits = self.is_codes and float(state[4].item()) > 0.5
        samples, after = self.decoder(frame, state)
        parts = [one.flatten() for one in after]
        parts.append(self.sound[:0])
        self.sound = torch.cat(parts)
        if waits:
            return samples[:, :0].reshape(self.channels, 0)
        return samples.reshape(self.channels, -1)

    def sound_parts(self) -> list[Tensor]:
        """Return the decoder's state."""
        state: list[Tensor] = []
        first = 0
        for size, shape in zip(self.sizes, self.shapes):  # noqa: B905 -- TorchScript has no strict
            state.append(self.sound[first : first + size].reshape(shape))
            first += size
        return state

    def next_frame(self) -> Tensor:
        """Draw the next frame: [1, D]."""
        rows = [self.oldest(self.long_steps, self.n_long, 1)]
        is_guided = self.is_codes and self.guidance > 0
        if is_guided:
            rows.append(
                self.n_long + self.oldest(self.short_steps, self.n_short, self.short_period)
            )
        output = self.model.output(self.top[:, rows])
        if self.is_codes:
            return self.next_codes(output, is_guided)
        if self.temperature > 0 and self.has_spread:
            noise = normal(self.seed, self.drawn, output.shape[1]).to(output.device).float()
            self.drawn += 2 * output.shape[1]
            output = output + self.temperature * self.rmse * noise
        return output

    def append(self, frame: Tensor, beat: Tensor) -> None:
        """Advance all rows by a frame [1, D]; beat [2], of the one after it."""
        seen = torch.cat([self.prefix, frame.unsqueeze(1)], dim=1)
        self.prefix = seen[:, 1:]
        beats = torch.stack([beat, torch.zeros_like(beat)]).to(self.hidden)
        projected = self.model.project(seen, beats)
        if projected.shape[1] > 1:
            projected = projected[:, self.beat_of_row]
        if self.is_rolling:
            self.renew(self.long_steps % self.n_long)
        if self.n_short > 0 and self.short_steps % self.short_period == 0:
            self.renew(self.n_long + self.short_steps // self.short_period % self.n_short)
        self.top, self.hidden, self.cell = self.model.advance(projected, self.hidden, self.cell)
        self.long_steps += 1
        self.short_steps += 1

    def renew(self, row: int) -> None:
        """Let a row begin anew."""
        self.hidden[:, :, row] = 0
        self.cell[:, :, row] = 0

    def oldest(self, steps: int, count: int, period: int) -> int:
        """Return the row that began first, of a ring of `count` in which one begins a `period`."""
        begun = (steps + period - 1) // period
        return max(begun - count, 0) % count

    def next_beat(self) -> Tensor:
        """Advance the metronome by a frame: position and period, [2]."""
        told = self.metronome
        period = told[1] if self.bpm <= 0 else torch.full_like(told[1], 60.0 / self.bpm)
        deviation = told[2]
        period = period * deviation.exp()
        position = told[0]
        if float(period.item()) > 0:
            position = position + self.frame_seconds / period.clamp_min(1e-3)
        if self.rubato > 0 and bool((position.floor() > told[0].floor()).item()):
            noise = normal(self.seed, self.drawn, 1).to(deviation.device)[0]
            self.drawn += 2
            deviation = (
                self.memory * deviation + math.sqrt(1 - self.memory**2) * self.rubato * noise
            )
        position = torch.remainder(position, 2.0)
        self.metronome = torch.stack([position, told[1], deviation])
        beat = torch.stack([position, period])
        return beat if self.hears_beat else torch.zeros_like(beat)
