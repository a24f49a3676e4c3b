"""An experiment's report: tables for programs, a page for people, Markdown for documents."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.audio.channels import mono_wave, with_channels
from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png
from reverie.audio.provenance import read_sidecar
from reverie.audio.writing.cut import read_whole
from reverie.corpus.inspection import totals
from reverie.errors import ReverieError
from reverie.experiment.claims import (
    Curves,
    epoch_seconds,
    epochs_to_reach,
    judge_if_long_enough,
)
from reverie.experiment.judging import Judged
from reverie.experiment.listeners import ListenerScore, listeners_scores
from reverie.experiment.markdown import (
    COLUMNS,
    SHOWN_PROMPT_SECONDS,
    UNITS,
    markdown,
    protocol_paragraphs,
    title,
)
from reverie.experiment.measures import ModelResult
from reverie.experiment.protocol import Experiment, chosen_clips
from reverie.experiment.selection import RULE
from reverie.experiment.settings import parted
from reverie.pages.chart import Line, line_chart
from reverie.pages.media import audio_uri, png_uri
from reverie.pages.page import signed, write_page
from reverie.runs.metrics import EpochMetrics, read_metrics
from reverie.storage import replacing, write_json, write_text

_TEMPLATE = Path(__file__).with_name("report.html")


def write_report(experiment: Experiment) -> Path:
    """Write `tables.json`, `figures/`, `report.md` and `report.html`; gives the page's path.

    Raises:
        ReverieError: the disk refuses.
    """
    folder, results = experiment.folder, experiment.results
    curves = {one.model: _curve(experiment, one.model) for one in results}
    paper = experiment.settings.protocol == "paper"
    claims = judge_if_long_enough(results, curves) if paper else []
    scores = listeners_scores(folder)
    rows = [
        _row(one, curves, experiment.judged.models.get(one.model), scores.get(one.model))
        for one in results
    ]
    write_json(folder / "tables.json", _tables(experiment, curves, scores))
    pages = _figures(curves, results, alone=False)
    alone = _figures(curves, results, alone=True)
    for name, picture in alone.items():
        write_text(folder / "figures" / f"{name}.svg", picture)
    heard = [_heard(experiment, one) for one in results]
    for one in heard:
        with replacing(folder / "figures" / f"{one['model']}.png") as temporary:
            temporary.write_bytes(one.pop("png"))
    write_text(folder / "report.md", markdown(experiment, rows, claims, list(alone)))
    write_page(
        folder / "report.html",
        _TEMPLATE,
        title=title(experiment.settings),
        units=UNITS,
        columns=COLUMNS,
        rows=rows,
        failed=sorted(experiment.failed.items()),
        not_judged=experiment.judged.why_not,
        claims=claims,
        tones={"supported": "good", "contradicted": "bad"},
        figures=pages,
        heard=heard,
        size=(WIDTH, HEIGHT),
        totals=totals(experiment.corpus),
        protocol=protocol_paragraphs(experiment),
    )
    return folder / "report.html"


def _tables(
    experiment: Experiment, curves: Curves, scores: Mapping[str, ListenerScore]
) -> dict[str, Any]:
    """Everything that the same experiment gives again; times are kept with the runs."""
    target, reached = epochs_to_reach(curves)
    return {
        "settings": json.loads(json.dumps(dataclasses.asdict(experiment.settings))),
        "corpus_hash": experiment.corpus.content_hash,
        "selection_recordings": [one.path for one in experiment.held_out.selection],
        "prompt_recordings": [one.path for one in experiment.held_out.prompts],
        "checkpoint_rule": RULE,
        "models": [
            one.table_row()
            | {
                "judged": _plain(experiment.judged.models.get(one.model)),
                "listeners": _plain(scores.get(one.model)),
            }
            for one in experiment.results
        ],
        "failed": experiment.failed,
        "not_judged": experiment.judged.why_not,
        "loss_reached_by_all": target if reached else None,
        "epochs_to_reach_it": reached,
    }


def _plain(judged: Judged | ListenerScore | None) -> dict[str, Any] | None:
    return None if judged is None else dataclasses.asdict(judged)


def _row(
    one: ModelResult, curves: Curves, judged: Judged | None, heard: ListenerScore | None
) -> tuple[str, ...]:
    return (
        one.model,
        f"{one.parameters / 1e6:.1f} M",
        str(one.epochs),
        f"{one.seconds / 60:.1f}",
        f"{epoch_seconds(curves[one.model]):.1f}",
        f"{one.train_loss:.4f}",
        f"{one.held_out_loss:.4f}",
        str(one.chosen_epoch),
        f"{signed(one.level_db)} dB",
        one.verdicts,
        "" if judged is None or judged.mmd is None else f"{judged.mmd:.2f}",
        "" if judged is None or judged.to_noise is None else f"{judged.to_noise:.0%}",
        "" if judged is None else f"{judged.copied} of {judged.clips}",
        "" if one.speed is None else f"{one.speed:.1f}",
        "" if heard is None else str(heard),
    )


_KINDS = (
    (None, "loss", "loss"),
    ("adversarial", "adversarial-loss", "squared error"),
    ("codes", "likelihood", "bits a frame"),
)
"""Recipe, file and unit of the curves that can be drawn on one scale."""


def _figures(curves: Curves, results: Sequence[ModelResult], *, alone: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for recipe, kind, unit in _KINDS:
        chosen = [one for one in results if parted(one.model)[0] == recipe]
        if chosen:
            found |= _curves_of(
                {one.model: curves[one.model] for one in chosen}, chosen, kind, unit, alone=alone
            )
    return found


def _curves_of(
    curves: Curves, results: Sequence[ModelResult], kind: str, unit: str, *, alone: bool
) -> dict[str, str]:
    """Curves of models whose losses are of one kind."""
    trained = [
        Line(name, [one["epoch"] for one in lines], [one["train_loss"] for one in lines])
        for name, lines in curves.items()
    ]
    held_out = [
        Line(
            name,
            [one["epoch"] for one in lines if one["held_out_loss"] is not None],
            [one["held_out_loss"] for one in lines if one["held_out_loss"] is not None],
        )
        for name, lines in curves.items()
    ]
    ends = ", ".join(f"{one.model} {one.train_loss:.3f}" for one in results)
    return {
        f"training-{kind}": line_chart(
            trained, "epoch", f"training {unit}", f"Training {unit} by epoch; at the end {ends}.",
            alone=alone,
        ),
        f"held-out-{kind}": line_chart(
            held_out,
            "epoch",
            f"held-out {unit}",
            f"Held-out {unit} by epoch; at the end "
            + ", ".join(f"{one.model} {one.held_out_loss:.3f}" for one in results)
            + ".",
            alone=alone,
        ),
    }  # fmt: skip


def _heard(experiment: Experiment, result: ModelResult) -> dict[str, Any]:
    """The first clip of a model after the end of its prompt: to be seen, and heard."""
    clip = chosen_clips(experiment.folder, result) / result.clips[0].name
    samples, rate_hz = read_whole(clip)
    prompt = _prompt(experiment, clip, len(samples))
    whole = np.concatenate([prompt, samples], axis=1)
    png = draw_png(mono_wave(whole), rate_hz)
    return {
        "model": result.model,
        "png": png,
        "picture": png_uri(png),
        "audio": audio_uri(whole, rate_hz),
        "prompt_seconds": f"{prompt.shape[1] / rate_hz:g}",
        "level": signed(result.clips[0].relative_db),
        "verdict": result.clips[0].verdict,
    }


def _curve(experiment: Experiment, model: str) -> list[EpochMetrics]:
    metrics = experiment.run_of(model).metrics
    found = read_metrics(metrics)
    if not found:
        raise ReverieError(f"{metrics} holds no figures.", "Restore it, or train the model again.")
    return found


def _prompt(experiment: Experiment, clip: Path, channels: int) -> NDArray[np.int16]:
    """The end of what `clip` goes on from, [channels, S]; nothing where that is not known."""
    corpus, made = experiment.corpus, read_sidecar(clip).provenance
    recording = corpus.recordings.named(made.prompt.recording) if made else None
    if made is None or recording is None:
        return np.empty((channels, 0), np.int16)
    prompt = made.prompt
    end = round(min(prompt.offset_seconds + prompt.seconds, recording.seconds) * corpus.rate_hz)
    begin = max(0, end - round(SHOWN_PROMPT_SECONDS * corpus.rate_hz))
    return to_int16(with_channels(corpus.pcm(recording)[:, begin:end], channels))
