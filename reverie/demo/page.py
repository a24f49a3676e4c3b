"""The demo's page: first the clips and what is to be said of each, then how they came to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import mixed, mono_wave
from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png
from reverie.audio.provenance import read_sidecar
from reverie.audio.writing.cut import read_whole
from reverie.corpus.corpus import Corpus
from reverie.corpus.inspection import COLUMNS, findings, row, totals
from reverie.errors import ReverieError
from reverie.evaluation.copying.judgement import Copying, judge_groups
from reverie.evaluation.health_reference import health_reference
from reverie.evaluation.measures.health import Health, corpus_level_dbfs, health
from reverie.pages.chart import Line, line_chart
from reverie.pages.media import audio_uri, png_uri
from reverie.pages.page import write_page
from reverie.progress import duration
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.runs.run import Run
from reverie.terminal import printable

_TEMPLATE = Path(__file__).with_name("page.html")
_STEPS = {
    "prepare": "Reading and checking the recordings",
    "train": "Training",
    "generate": "Making the clips",
    "judge": "Measuring the clips",
    "player": "Writing the page that plays for ever",
}


@dataclass(frozen=True)
class ClipReport:
    """A clip, what was measured of it, and the prompt that it continues."""

    path: Path
    samples: NDArray[np.int16]
    health: Health
    copying: Copying
    prompt: NDArray[np.int16]
    prompt_recording: str
    prompt_offset_seconds: float
    epoch: int
    """How long the model had learned that made it."""


def report_on(
    clips: Sequence[Path], corpus: Corpus, run: Run, *, quiet: bool = False
) -> tuple[ClipReport, ...]:
    """Measure clips of one length, and find their prompts in `corpus` by the JSON beside each.

    Args:
        clips: as `generate` made them.
        corpus: what the run learned from.
        run: which made them.
        quiet: show no progress.

    Raises:
        ReverieError: a clip cannot be read, or its JSON is missing, damaged or of another sound.
    """
    rate_hz = corpus.rate_hz
    sounds = [read_whole(clip)[0] for clip in clips]
    waves = [mixed(sound) for sound in sounds]
    longest = max(one.samples for one in corpus.of_split("held-out"))
    seconds = min(max(len(wave) for wave in waves), longest) / rate_hz
    (copies,) = judge_groups(corpus, [waves], seconds, quiet=quiet)
    reference = health_reference(corpus)
    hop_samples = run.recipe.frames.hop_samples(rate_hz)
    reports: list[ClipReport] = []
    for clip, samples, wave, copying in zip(clips, sounds, waves, copies, strict=True):
        beside = read_sidecar(clip)
        made = beside.provenance
        recording = corpus.recordings.named(made.prompt.recording) if made else None
        if made is None or recording is None:
            problem = beside.doubt or f"nothing beside {clip} says what it continues."
            raise ReverieError(problem, "Remove the clip, and call again: it is made anew.")
        prompt = made.prompt
        first = round(min(prompt.offset_seconds, recording.seconds) * rate_hz)
        last = first + round(min(prompt.seconds, recording.seconds) * rate_hz)
        reports.append(
            ClipReport(
                path=clip,
                samples=samples,
                health=health(wave, rate_hz, reference, hop_samples),
                copying=copying,
                prompt=np.array(corpus.pcm(recording)[:, first:last]),
                prompt_recording=recording.path,
                prompt_offset_seconds=prompt.offset_seconds,
                epoch=made.epoch,
            )
        )
    return tuple(reports)


def write_demo_page(
    path: Path,
    reports: Sequence[ClipReport],
    corpus: Corpus,
    run: Run,
    seconds: dict[str, float],
    *,
    embedded: bool,
    player: Path | None,
) -> None:
    """Write the page to `path`.

    Args:
        path: of the page.
        reports: the clips, in order.
        corpus: what the run learned from.
        run: with its figures.
        seconds: how long each step took, by the names in `_STEPS`.
        embedded: the recordings are those that come with Reverie, and are credited.
        player: the page beside it that plays for ever; None for none.

    Raises:
        ReverieError: the page cannot be written.
    """
    rate_hz = corpus.rate_hz
    metrics = read_metrics(run.metrics)
    write_page(
        path,
        _TEMPLATE,
        clips=[_shown(number, one, rate_hz) for number, one in enumerate(reports, 1)],
        size=(WIDTH, HEIGHT),
        verdicts=_verdicts(reports),
        corpus_level=f"{corpus_level_dbfs(corpus):.1f}",
        chart=_loss_chart(metrics),
        last=metrics[-1],
        epoch=reports[0].epoch,
        prompt_seconds=f"{reports[0].prompt.shape[1] / rate_hz:.1f}",
        embedded=embedded,
        player=player.name if player else "",
        recipe=run.recipe,
        train_time=duration(seconds["train"]),
        train_count=len(corpus.of_split("train")),
        totals=totals(corpus),
        findings=findings(corpus),
        columns=COLUMNS,
        rows=[row(one) for one in corpus.recordings],
        refused=[(printable(one.path), one.reason) for one in corpus.refused],
        steps=[(text, duration(seconds[step])) for step, text in _STEPS.items() if step in seconds],
    )


def _shown(number: int, one: ClipReport, rate_hz: int) -> dict[str, object]:
    return {
        "number": number,
        "audio": audio_uri(one.samples, rate_hz),
        "picture": png_uri(draw_png(mono_wave(one.samples), rate_hz)),
        "health": one.health,
        "tone": "good" if one.health.verdict == "ok" else "bad",
        "copying": _copying(one.copying),
        "prompt_audio": audio_uri(one.prompt, rate_hz),
        "prompt_recording": printable(one.prompt_recording),
        "prompt_begins": one.prompt_offset_seconds,
    }


def _copying(found: Copying) -> str:
    """What is to be said of it, in a sentence."""
    if found.flagged:
        return (
            f"It repeats {found.seconds:.1f} s of {printable(found.recording)}, "
            f"from {found.offset_seconds:.0f} s."
        )
    share = f"{found.percentile:.0f} of 100"
    return f"It is more like the recordings than {share} pieces of music not copied from them."


def _verdicts(reports: Sequence[ClipReport]) -> str:
    """How many clips came to which verdict, the good one first: `4 ok, 1 silent`."""
    counted: dict[str, int] = {"ok": 0}
    for one in reports:
        counted[one.health.verdict] = counted.get(one.health.verdict, 0) + 1
    return ", ".join(f"{count} {verdict}" for verdict, count in counted.items() if count)


def _loss_chart(metrics: Sequence[EpochMetrics]) -> str:
    epochs = [line["epoch"] for line in metrics]
    measured = [line for line in metrics if line["held_out_loss"] is not None]
    lines = [Line("training music", epochs, [line["train_loss"] for line in metrics])]
    if measured:
        losses = [line["held_out_loss"] for line in measured]
        lines.append(Line("held-out music", [line["epoch"] for line in measured], losses))
    first, last = metrics[0], metrics[-1]
    alt = (
        f"Loss by epoch: on training music from {first['train_loss']:.3f} to "
        f"{last['train_loss']:.3f} over {len(metrics)} epochs"
    )
    if measured:
        alt += f", on held-out music {measured[-1]['held_out_loss']:.3f} in the end"
    return line_chart(lines, "epoch", "loss", f"{alt}.")
