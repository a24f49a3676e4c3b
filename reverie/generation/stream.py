"""Continue a prompt without a seam, block by block.

Letters: B clips, C channels, S samples, N frames of the prompt, K frames that one step sees,
n samples a frame.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from reverie.frames.contract import SynthesisState
from reverie.generation.context import Context, ShortMemory, begin_context
from reverie.generation.metronome import Metronome
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.reprise import Reprise
from reverie.generation.sampling.sampler import make_sampler
from reverie.models.trained import TrainedModel
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults

LEAST_BLOCK_SAMPLES = 16000
GUIDANCE = ShortMemory(states=2, period=6)
"""7 to 12 frames, beyond whose suggestion guidance goes. Eight states that know 8 frames each give
no nearer music, and cost three times as much."""


@dataclass
class Voice:
    """The position in the music: what the next frame depends on, and the synthesis state."""

    context: Context
    synthesis: SynthesisState
    """The synthesis state of the representation."""
    metronome: Metronome | None
    """The beat; None where the model is told none."""
    beat: Tensor | None
    """[B, 2], of the next frame; None where the model is told none."""
    reprise: Reprise
    """What it played, to play it again."""
    waiting: int
    """Frames that are drawn before the first samples come."""


def stream_of(
    run: Run,
    trained: TrainedModel,
    prompt: PromptMusic,
    settings: GenerationDefaults,
    rng: torch.Generator,
    block_frames: int | None = None,
) -> "Stream":
    """The stream of a run's model, with the window that it was trained on.

    Args:
        run: whose.
        trained: one of its checkpoints.
        prompt: what it continues.
        settings: how frames are drawn, and the method.
        rng: for the draws.
        block_frames: see `Stream`.
    """
    return Stream(
        trained,
        prompt,
        settings,
        rng,
        rate_hz=run.rate_hz,
        window_frames=run.recipe.sequence_frames(run.rate_hz),
        block_frames=block_frames,
    )


class Stream:
    """Endless music of B clips; memory does not grow.

    Frames that overlap begin with the prompt's last ones; samples of the prompt itself are not
    repeated.

    Args:
        trained: the model, of K frames a step.
        prompt: what it continues.
        settings: how frames are drawn; may be set at any time, and counts from the next frame on.
        rng: for the draws.
        rate_hz: of the samples.
        window_frames: T, of the rolling window.
        block_frames: frames in each block that iteration gives; a second or more if not given.
    """

    def __init__(
        self,
        trained: TrainedModel,
        prompt: PromptMusic,
        settings: GenerationDefaults,
        rng: torch.Generator,
        *,
        rate_hz: int,
        window_frames: int,
        block_frames: int | None = None,
    ) -> None:
        model, representation = trained.model, trained.representation
        self._model, self._representation = model, representation
        self._window_frames = window_frames
        self.hop_samples = representation.spec.hop_samples
        self.channels = representation.spec.channels
        self._frame_seconds = self.hop_samples / rate_hz
        self.block_frames = block_frames or max(
            1, max(rate_hz, LEAST_BLOCK_SAMPLES) // self.hop_samples
        )
        codebook_info = representation.codebook_info
        loudness_db = None if codebook_info is None else codebook_info.levels
        self._sampler = make_sampler(model.head, settings, rng, trained.calibration, loudness_db)
        self._settings, self._rng = settings, rng
        self._beat_seconds = trained.calibration.beat_seconds
        self._prompt = prompt
        self._fading: Voice | None = None
        self._voice = self.begin(prompt)

    @property
    def settings(self) -> GenerationDefaults:
        """How frames are drawn."""
        return self._settings

    @settings.setter
    def settings(self, settings: GenerationDefaults) -> None:
        self._settings = settings
        self._sampler.update(settings)
        if self._is_guided(settings):
            self._voice.context.add_short(GUIDANCE)

    @property
    def prompt(self) -> PromptMusic:
        """The prompt that the music continued last."""
        return self._prompt

    @property
    def lookahead_samples(self) -> int:
        """Samples from where the next block begins to where the next frame that is drawn begins."""
        return self._representation.lookahead_frames * self.hop_samples

    def take_over(self, prompt: PromptMusic, voice: Voice) -> None:
        """Continue another prompt; the first frame fades over from the music before.

        Args:
            prompt: to continue.
            voice: begun from it.
        """
        self._fading = self._voice
        self._prompt, self._voice = prompt, voice

    def reset(self) -> None:
        """Begin again from the prompt, as a new stream would; random numbers go on."""
        self._fading = None
        self._sampler.reset()
        self._voice = self.begin(self._prompt)

    def __iter__(self) -> Iterator[Tensor]:
        return self

    def __next__(self) -> Tensor:
        """Return the next block: [B, C, block_frames * n]."""
        return self.next_block(self.block_frames)

    @torch.inference_mode()
    def next_block(self, frames: int) -> Tensor:
        """Generate so many frames: samples [B, C, frames * n]."""
        fading = None
        if self._fading is not None:
            fading = self._generate(self._fading, 1)
            self._fading = None
            self._sampler.reset()
        samples = self._generate(self._voice, frames)
        if fading is not None:
            # Equal power, since the two are not alike.
            phase = torch.linspace(0, math.pi / 2, self.hop_samples, device=samples.device)
            first = samples[..., : self.hop_samples]
            faded = phase.sin() * first + phase.cos() * fading
            samples = torch.cat([faded, samples[..., self.hop_samples :]], dim=-1)
        return samples

    def take(self, total_samples: int) -> Iterator[Tensor]:
        """Generate so many samples in all: blocks [B, C, any]."""
        remaining = total_samples
        while remaining > 0:
            frames = min(self.block_frames, math.ceil(remaining / self.hop_samples))
            samples = self.next_block(frames)
            yield samples[..., :remaining]
            remaining -= samples.shape[-1]

    def _generate(self, voice: Voice, count: int) -> Tensor:
        """Advance a voice by `count` frames: [B, C, count * n]."""
        frames: list[Tensor] = []
        for _ in range(count + voice.waiting):
            frame = self._sampler(*voice.context.predict())
            if self._representation.codebook_info is not None:
                frame = voice.reprise.next(frame, voice.beat, self._settings.reprise_seconds)
            voice.beat = self._next_beat(voice)
            beat = None if voice.beat is None else voice.beat.unsqueeze(1)
            voice.context.append(frame.unsqueeze(1), beat)
            frames.append(frame)
        voice.waiting = 0
        chunk = torch.stack(frames, dim=1)
        samples, voice.synthesis = self._representation.synthesise(chunk, voice.synthesis)
        return samples

    def _prompt_beat(self, prompt: PromptMusic, count: int) -> Tensor:
        """The beat of a prompt's frames and of the one after them: [B, count + 1, 2]."""
        if prompt.beat is not None:
            return prompt.beat
        beat = prompt.samples.new_zeros(len(prompt.samples), count + 1, 2)
        if not count and self._beat_seconds is not None:
            # Music out of nothing has one of the tempi that music has.
            size = beat.shape[:1]
            drawn = torch.randint(len(self._beat_seconds), size, generator=self._rng)
            beat[:, 0, 1] = self._beat_seconds[drawn].to(beat)
        return beat

    def _next_beat(self, voice: Voice) -> Tensor | None:
        """The beat of the frame after the newest: [B, 2]."""
        if voice.metronome is None:
            return None
        beat = voice.metronome.next(self._settings.bpm).to(self._model.device)
        return beat if self._settings.beat else torch.zeros_like(beat)

    def _is_guided(self, settings: GenerationDefaults) -> bool:
        """Whether the short memory is asked; frames of numbers take no notice of it."""
        return bool(settings.guidance) and self._representation.codebook_info is not None

    @torch.inference_mode()
    def begin(self, prompt: PromptMusic, settings: GenerationDefaults | None = None) -> Voice:
        """Read a prompt to its end, which takes a while; another thread may do it.

        Args:
            prompt: to continue.
            settings: how frames will be drawn; those of now if not given.
        """
        settings = settings or self._settings
        representation, model = self._representation, self._model
        samples, batch = prompt.samples, len(prompt.samples)
        one_frame = representation.spec.samples_for(1)
        if samples.shape[-1] < one_frame:
            silence = samples.new_zeros(batch, self.channels, one_frame)
            frames = representation.analyse(silence)[:, :0]
            synthesis = representation.initial_state(batch, frames)
        else:
            frames = representation.analyse(samples)
            synthesis = representation.state_after(samples)
        beat, following, metronome = None, None, None
        if model.conditioner is not None:
            beat = self._prompt_beat(prompt, frames.shape[1])
            metronome = Metronome(beat[:, -1], self._frame_seconds, prompt.rubato, self._rng)
            beat = beat * float(settings.beat)
            beat, following = beat[:, model.step_frames :], beat[:, -1]
        context = begin_context(
            model,
            frames,
            settings.method,
            self._window_frames,
            beat,
            GUIDANCE if self._is_guided(settings) else None,
        )
        reprise = Reprise(self._frame_seconds, self._rng)
        waiting = representation.lookahead_frames
        return Voice(context, synthesis, metronome, following, reprise, waiting)
