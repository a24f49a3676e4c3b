"""Write the report of an evaluation: JSON for programs, and a page for people."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import HEIGHT, WIDTH, draw_png
from reverie.audio.stft import Wave
from reverie.corpus.corpus import Corpus
from reverie.evaluation.copying.judgement import Copying
from reverie.evaluation.distances.third_octaves import HELD_DB
from reverie.evaluation.figures import ClipFigures, Evaluation, SystemFigures
from reverie.evaluation.reports.tables import (
    distance_rows,
    figure_rows,
    full_band_sees,
    measured_figures,
    tag_rows,
)
from reverie.evaluation.reports.verdicts import discrepancy, music_to_noise, verdict
from reverie.evaluation.systems import System
from reverie.pages.chart import Line, Span, interval_chart, line_chart
from reverie.pages.media import audio_uri, lies_beside, png_uri, relative_uri
from reverie.pages.page import signed, write_page
from reverie.storage import sweep, write_json
from reverie.terminal import printable

PAGE, FIGURES_FILE = "report.html", "evaluation.json"
MOST_COPIES = 6
"""Most copied runs of a system that are shown beside what they repeat."""
SHOWN_SECONDS = 4.0
MOST_DRIFTS = 8
MOST_EMBEDDED, EMBEDDED_SECONDS = 40, 10.0
"""Most clips embedded in the page, evenly spread, and how much of each, if the files do not lie
beside the page: at about 250 kB each they take at most 10 MB."""
CLIP_COLUMNS = (
    ("Clip", "text"),
    ("Verdict", "text"),
    ("Level", "number"),
    ("Fade", "number"),
    ("Noisiness", "number"),
    ("Change", "number"),
    ("Repetition", "number"),
    ("Edge clicks", "number"),
    ("Copying", "number"),
)


_TEMPLATE = Path(__file__).with_name("page.html")


def write_evaluation(
    evaluation: Evaluation, systems: Sequence[System], corpus: Corpus, folder: Path
) -> Path:
    """Write `evaluation.json` and `report.html` into `folder`, and return the page's path.

    Args:
        evaluation: to report.
        systems: the evaluated systems, for their audio.
        corpus: for the audio that clips repeat.
        folder: of the report.

    Raises:
        ReverieError: the disk refuses.
    """
    sweep(folder, below=False)
    write_json(folder / FIGURES_FILE, as_json(evaluation))
    rows = [*evaluation.systems, *evaluation.references]
    sounds = _sounds(systems, corpus.rate_hz, folder / PAGE)
    write_page(
        folder / PAGE,
        _TEMPLATE,
        corpus=printable(evaluation.corpus),
        clip_seconds=f"{evaluation.clip_seconds:g}",
        reference_clips=len(evaluation.references[0].clips),
        systems=[
            _system(system, evaluation, systems, corpus, sounds) for system in evaluation.systems
        ],
        distances=[_distance(name, evaluation) for name in evaluation.titles],
        columns=[("", "text"), *((printable(row.name), "number") for row in rows)],
        distance_rows=distance_rows(rows, evaluation),
        figure_rows=figure_rows(rows),
        figures=measured_figures(rows),
        tag_rows=tag_rows(rows),
        full_band=full_band_sees(rows),
        high=any(row.third_octaves for row in rows),
        held_db=f"{HELD_DB:g}",
        drift=_drift(rows),
        clip_columns=CLIP_COLUMNS,
        missing=sorted(evaluation.missing.items()),
        beside=any(uri and not uri.startswith("data:") for uri in sounds.values()),
        most_embedded=MOST_EMBEDDED,
        embedded_seconds=f"{EMBEDDED_SECONDS:g}",
        size=(WIDTH, HEIGHT),
    )
    return folder / PAGE


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation and its verdicts as plain JSON values."""
    found = dataclasses.asdict(evaluation)
    for told, one in zip(found["systems"], evaluation.systems, strict=True):
        said = verdict(one, evaluation)
        told |= {
            "verdict": said.line,
            "details": said.details,
            "copied": one.copied,
            "to_noise": music_to_noise(one, evaluation) if one.clips else None,
            "mmd": discrepancy(one),
        }
    return json.loads(json.dumps(found))


def _system(
    one: SystemFigures,
    evaluation: Evaluation,
    systems: Sequence[System],
    corpus: Corpus,
    sounds: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    said = verdict(one, evaluation)
    system = next(found for found in systems if found.name == one.name)
    waves = {clip.name: clip.wave for clip in system.clips}
    copies = [
        (clip.name, clip.copying) for clip in one.clips if clip.copying and clip.copying.flagged
    ]
    copies.sort(key=lambda pair: -pair[1].percentile)
    return {
        "name": printable(one.name),
        "said": said,
        "badge": {"good": "good", "warn": "between", "bad": "poor"}[said.tone],
        "broken": [(printable(found.name), found.reason) for found in one.broken],
        "rows": [_clip_row(clip) for clip in one.clips],
        "clips": [_played(clip, sounds[one.name, clip.name]) for clip in one.clips],
        "embedded": any(sounds[one.name, clip.name].startswith("data:") for clip in one.clips),
        "copies": [_copy(name, found, waves[name], corpus) for name, found in copies[:MOST_COPIES]],
        "more_copies": max(len(copies) - MOST_COPIES, 0),
    }


def _sounds(systems: Sequence[System], rate_hz: int, page: Path) -> dict[tuple[str, str], str]:
    """Return the URL of each clip's audio by the system's and the clip's name; empty for none."""
    every = [(system.name, clip) for system in systems for clip in system.clips]
    addresses = {
        (name, clip.name): relative_uri(clip.path, page)
        for name, clip in every
        if clip.path and lies_beside(clip.path, page)
    }
    others = [(name, clip) for name, clip in every if (name, clip.name) not in addresses]
    count = min(len(others), MOST_EMBEDDED)
    embedded = {at * len(others) // count for at in range(count)}
    for at, (name, clip) in enumerate(others):
        start = clip.wave[: round(EMBEDDED_SECONDS * rate_hz)]
        addresses[name, clip.name] = (
            audio_uri(to_int16(start)[None], rate_hz) if at in embedded else ""
        )
    return addresses


def _played(clip: ClipFigures, sound: str) -> dict[str, str]:
    """Return a clip's entry in the list of players."""
    return {
        "name": printable(clip.name),
        "verdict": clip.health.verdict,
        "tone": "good" if clip.health.verdict == "ok" else "bad",
        "sentence": clip.health.sentence,
        "sound": sound,
    }


def _clip_row(clip: ClipFigures) -> tuple[str, ...]:
    copying = clip.health
    return (
        printable(clip.name),
        copying.verdict,
        f"{signed(copying.relative_db)} dB",
        f"{signed(copying.drift_db)} dB",
        f"{copying.flatness:.2f}",
        f"{copying.half_second_distance_db:.1f} dB",
        f"{copying.repeat_similarity:.2f}",
        ""
        if copying.frame_boundary_discontinuity is None
        else f"{copying.frame_boundary_discontinuity:.1f}",
        "" if clip.copying is None else f"{clip.copying.percentile:.0f} %",
    )


def _copy(name: str, copying: Copying, wave: NDArray[np.float32], corpus: Corpus) -> dict[str, Any]:
    """Return a copied run and the passage that it repeats."""
    recording = corpus.recordings.named(copying.recording)
    assert recording is not None
    seconds = max(copying.seconds, SHOWN_SECONDS)
    rate = corpus.rate_hz
    mine = _part(wave, copying.clip_seconds, seconds, rate)
    theirs = _part(corpus.mono(recording), copying.offset_seconds, seconds, rate)
    return {
        "clip": printable(name),
        "clip_at": f"{copying.clip_seconds:.1f}",
        "recording": printable(copying.recording),
        "recording_at": f"{copying.offset_seconds:.1f}",
        "seconds": f"{copying.seconds:.1f}",
        "semitones": copying.evidence.nearest.semitones,
        "mine": audio_uri(to_int16(mine)[None], rate),
        "theirs": audio_uri(theirs[None], rate),
        "mine_picture": png_uri(draw_png(mine, rate)),
        "theirs_picture": png_uri(draw_png(theirs, rate)),
    }


def _part(wave: Wave, start: float, seconds: float, rate: int) -> NDArray[Any]:
    begin = round(start * rate)
    return wave[begin : begin + round(seconds * rate)]


def _distance(name: str, evaluation: Evaluation) -> dict[str, Any]:
    rows = [*evaluation.systems, *evaluation.references]
    spans = [
        Span(printable(row.name), found.value, found.low, found.high, aside=row.kind is not None)
        for row in rows
        if row.distances and (found := row.distances[name].mmd)
    ]
    summary = "; ".join(f"{span.name} {span.value:.2f}" for span in spans)
    title = evaluation.titles[name]
    chart = interval_chart(
        spans, "distance to held-out music", f"Discrepancy by {title}: {summary}."
    )
    return {"title": title, "chart": chart}


def _drift(rows: Sequence[SystemFigures]) -> Markup | None:
    known = [row for row in rows if row.drift][:MOST_DRIFTS]
    if not any(row.kind is None for row in known):
        return None
    lines = [
        Line(
            printable(row.name),
            list(range(1, len(row.drift or ()) + 1)),
            [float(value) for value in row.drift or ()],
        )
        for row in known
    ]
    summary = ", ".join(f"{line.name} {line.y[-1]:.1f}" for line in lines if line.y[-1] is not None)
    return line_chart(
        lines, "second after the prompt", "distance from the prompt",
        f"Distance from the prompt by second; in the last second {summary}.",
    )  # fmt: skip
