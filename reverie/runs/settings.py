"""A recipe: everything that decides a run, besides the corpus."""

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reverie.frames.settings import FrameSettings
from reverie.models.settings import ModelSettings, Share
from reverie.settings import STRICT

MOST_EPOCHS = MOST_MINUTES = 10_000_000
ENDLESS_EPOCHS = 100_000
"""So many epochs are meant as no limit."""
Epochs = Annotated[int, Field(ge=1, le=MOST_EPOCHS)]
SomeEpochs = Annotated[int, Field(ge=0, le=MOST_EPOCHS)]
Positive = Annotated[float, Field(gt=0, le=1e30)]


@dataclass(frozen=True, config=STRICT)
class TrainingSettings:
    """How a model is trained."""

    epochs: Epochs = 2100
    """Passes over the training sequences."""

    minutes: Annotated[float, Field(ge=0, le=MOST_MINUTES)] = 0.0
    """Longest time to train; the epoch in which it runs out is the last. 0 sets no limit, and only
    then is a rerun sure to end with the same bytes."""

    patience_epochs: SomeEpochs = 0
    """Stop after so many epochs in which clips came no nearer to music, where they are judged, or
    else with no better held-out loss; 0 goes on to the end."""

    sequence_seconds: Annotated[float, Field(gt=0, le=1e7)] = 10.0
    """How far a model looks back, in training and in generation: T steps, the whole number of
    frames that is nearest to it; two frames at least."""

    batch_size: Annotated[int, Field(ge=1, le=1 << 20)] = 5
    """Sequences in one step; the paper does not say, GRUV used 5."""

    sequence_starts: Literal["grid", "random"] = "grid"
    """`grid`: the same non-overlapping sequences every epoch, as the paper. `random`: the grid is
    shifted anew in every epoch, so that frames never fall the same way twice."""

    max_sequences: Annotated[int, Field(ge=0, le=1 << 40)] = 0
    """Train on so many sequences only, and test on as many, spread evenly over the recordings, for
    a quick trial; 0 takes all."""

    trim_silence_db: Annotated[float, Field(ge=0, le=200)] = 0.0
    """Leave out the ends of recordings that are softer than the whole recording by so much: a model
    that learns how music ends may end it early. 0 takes recordings as they are."""

    learning_rate: Positive = 1e-4
    """Of RMSprop."""

    warmup_steps: Annotated[int, Field(ge=0, le=1 << 40)] = 0
    """First steps over which the learning rate rises evenly to its full height."""

    learning_rate_decay: Literal["none", "cosine"] = "none"
    """`cosine` takes the rate down to a hundredth over the epochs, or over the minutes."""

    gradient_clip: Annotated[float, Field(ge=0, le=1e30)] = 0.0
    """Largest Euclidean norm of the gradient; longer ones are scaled down. 0 sets no limit."""

    weight_decay: Annotated[float, Field(ge=0, le=1e30)] = 0.0
    """Share of every matrix that a step takes off, times the learning rate (Loshchilov & Hutter
    2019)."""

    ema_decay: Share = 0.0
    """Decay of an exponential moving average of the weights, which tests and generation then use; 0
    uses the weights themselves."""

    gain_db: Annotated[float, Field(ge=0, le=40)] = 0.0
    """Every sequence is made louder or softer by up to so much, at random."""

    transpose_semitones: Annotated[int, Field(ge=0, le=12)] = 0
    """Every sequence is played faster or slower, and so higher or lower, by up to so many: whole
    ones, so that instruments stay in tune with each other's recordings."""

    beat_dropout: Share = 0.15
    """Share of sequences whose beat the model is not told, so that it can do without; only where
    `model.beat` is on."""

    decoder_steps: Annotated[int, Field(ge=1, le=1 << 40)] = 1200
    """Codes: steps in which their decoder is fitted before the training, if `frames.decoder` asks
    for one; at most a fifth of `minutes`."""

    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    """Decides the initial weights, the order of sequences and dropout."""

    keep_epochs: tuple[Epochs, ...] = ()
    """Epochs whose checkpoint is kept for clips; the last one always is. Epochs beyond the last are
    ignored."""

    keep_best: bool = False
    """Keep the epoch with the lowest held-out loss of all measured, not only of those kept."""

    checkpoint_minutes: Annotated[float, Field(gt=0, le=MOST_MINUTES)] = 5.0
    """Time between checkpoints that only serve to resume."""

    held_out_every_epochs: Epochs = 1
    """Epochs between measurements of the held-out loss."""

    judge_every_epochs: SomeEpochs = 0
    """Epochs between judgements of short clips by their distance from held-out music and by
    copying, in the second half of the training (in all of it with `patience_epochs`) and after its
    last epoch; the epoch nearest to music is kept. Where `minutes` sets the end, no more are judged
    than a tenth of the time allows. 0 judges none."""

    preview_every_epochs: SomeEpochs = 0
    """Epochs between previews (audio and spectrogram) in TensorBoard; 0 makes none."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where the model is trained; `auto` takes a GPU where there is one, CUDA's or Apple's (`mps`).
    Exact reruns need the same. Clips are made on the processor."""

    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    """Processor threads; 0 uses all. Exact reruns need the same number."""

    @property
    def is_endless(self) -> bool:
        """Whether its epochs are too many to be meant as a limit."""
        return self.epochs >= ENDLESS_EPOCHS

    @property
    def kept_epochs(self) -> tuple[int, ...]:
        """Epochs whose checkpoint is kept, oldest first: those of `keep_epochs` that there are, and
        the last."""
        asked = (*self.keep_epochs, self.epochs)
        return tuple(sorted({min(epoch, self.epochs) for epoch in asked}))


@dataclass(frozen=True, config=STRICT)
class SamplingSettings:
    """How the next frame is drawn from a head's distribution."""

    temperature: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Of frames of numbers: 0 takes the model's mean, as the paper; 1 draws with the spread of its
    held-out error, or after an adversary with the noise it learnt with. Of codes: 0 takes the
    likeliest, 1 draws as the model believes."""

    detail_temperature: Annotated[float, Field(ge=0, le=100)] | None = None
    """Of a frame's last code; those between lie in between. None for the same as the first."""

    top_k: Annotated[int, Field(ge=0)] = 0
    """Codes: draw from so many of the likeliest; 0 from all."""

    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Codes: draw from the likeliest that have this share of the probability together."""

    min_p: Share = 0.0
    """Codes: leave out those less likely than this share of the likeliest."""

    guidance: Annotated[float, Field(ge=0, le=20)] = 0.0
    """Codes: how much further to go from what the model believes after the newest 8 frames alone,
    told no beat, to what it believes after all of them. 0 takes the latter as it is; more keeps to
    the beat and to what came long before."""

    guard: bool = True
    """Codes: keep a clip as surprising to the model and as loud as held-out music is, so that it
    neither freezes, nor falls apart, nor dies away."""

    def temperature_of(self, index: int, n_codebooks: int) -> float:
        """The temperature of one codebook, counted from 0."""
        if self.detail_temperature is None or n_codebooks == 1:
            return self.temperature
        share = index / (n_codebooks - 1)
        return (1 - share) * self.temperature + share * self.detail_temperature


@dataclass(frozen=True, config=STRICT)
class GenerationDefaults(SamplingSettings):
    """What `generate` does with this run by default."""

    method: Literal["rolling", "carry"] = "rolling"
    """`rolling` re-feeds the last frames from a zero state, as the paper; `carry` carries on."""

    beat: bool = True
    """Whether a model that has learnt the beat is told one: that of the prompt, which goes on."""

    bpm: Annotated[float, Field(ge=30, le=300)] | None = None
    """Tempo to change to, in beats a minute; None keeps the prompt's."""

    reprise_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """Codes: time from the beginning of one reprise to that of the next. In a reprise three seconds
    that were played at least eight seconds ago, and not more than a minute, are played again from
    the same place among the beats, and go on otherwise. 0 plays nothing again."""


@dataclass(frozen=True, config=STRICT)
class Recipe:
    """Everything that decides a run, besides the corpus."""

    description: str = ""
    """What the recipe is for, in a line."""

    frames: FrameSettings = FrameSettings()
    """How samples become frames."""

    model: ModelSettings = ModelSettings()
    """Which model."""

    training: TrainingSettings = TrainingSettings()
    """How it is trained."""

    generation: GenerationDefaults = GenerationDefaults()
    """How it generates."""

    def for_channels(self, channels: int) -> Self:
        """Return the recipe for recordings of so many channels: of mono ones clips are mono."""
        if channels > 1 or self.frames.channels == "mono":
            return self
        return replace(self, frames=replace(self.frames, channels="mono"))

    def with_codebooks(self, n_codebooks: int) -> Self:
        """Return the recipe with so many codes where their number follows the recordings."""
        return replace(self, frames=self.frames.with_codebooks(n_codebooks))

    def sequence_frames(self, rate_hz: int) -> int:
        """Return the steps of a sequence, T, at `rate_hz`.

        Raises:
            ReverieError: a frame would be shorter than two samples.
        """
        hop_seconds = self.frames.hop_samples(rate_hz) / rate_hz
        return max(1, round(self.training.sequence_seconds / hop_seconds))

    def prompt_frames(self, rate_hz: int) -> int:
        """Return the frames of a prompt, at `rate_hz`: T steps, the first of which takes K frames.

        Raises:
            ReverieError: a frame would be shorter than two samples.
        """
        return self.sequence_frames(rate_hz) + self.model.step_frames - 1

    @model_validator(mode="after")
    def _adversary_has_frames(self) -> Self:
        if self.model.adversary != "none" and self.frames.transform == "codes":
            raise ValueError(
                "model.adversary must be none where frames.transform is codes: they are learnt by "
                "their likelihood"
            )
        return self
