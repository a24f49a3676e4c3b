"""Write a page of a folder of clips, each with player, picture, verdict, prompt and settings.

The page lies beside the clips and plays their files, so it stays small however many and long they
are. Only prompts are embedded in it.
Letters: S samples.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audio.channels import concatenated, with_channels
from reverie.audio.formats import is_audio_name
from reverie.audio.pcm import to_int16
from reverie.audio.pictures.clip import HEIGHT, WIDTH
from reverie.audio.provenance import Prompt, Provenance, Sidecar, read_sidecar
from reverie.audio.reading.decode import cut, decode
from reverie.audio.reading.source import Unreadable
from reverie.audio.writing.cut import open_sound
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError, os_reason
from reverie.evaluation.clip_verdicts import ClipVerdict, verdict_of_file
from reverie.evaluation.health_reference import health_reference
from reverie.generation.folder import has_picture, picture_of
from reverie.pages.media import audio_uri, relative_uri
from reverie.pages.page import write_page
from reverie.progress import ProgressBar, duration, position
from reverie.terminal import printable

PAGE = "index.html"
PROMPT_SECONDS = 10.0
"""Of a longer prompt the page plays the end, which the clip continues."""
MOST_PROMPTS = 40
"""Most prompts in a page, those of the last clips: at about 250 kB each they take at most 10 MB."""
LATEST_SECONDS = 600.0
"""A prompt later in a file is not shown, because everything before it would have to be decoded."""
MOST_PRELOADED = 20
"""With more clips, the browser loads only those that are played."""

_TEMPLATE = Path(__file__).with_name("clips.html")


@dataclass(frozen=True)
class _Sound:
    """The audio of a prompt."""

    uri: str = ""
    seconds: float = 0.0
    is_part: bool = False
    """Whether it is only the end of the prompt."""
    why_not: str = ""
    """Why there is no player."""


def write_clips_page(
    folder: Path,
    corpus: Corpus | None = None,
    *,
    verdicts: Mapping[str, ClipVerdict] | None = None,
    quiet: bool = False,
) -> Path:
    """Write the page of all clips in `folder` beside them, replacing an earlier one.

    Args:
        folder: of clips from any source; subfolders are left out.
        corpus: that the clips should resemble, for what is usual in it and the audio of prompts;
            None if it is missing.
        verdicts: of clips already judged, by file name; the others are judged.
        quiet: show no progress.

    Returns:
        The page's path.

    Raises:
        ReverieError: there is no clip, or the disk refuses.
    """
    clips = clips_in(folder)
    page = folder / PAGE
    reference = health_reference(corpus) if corpus else None
    known = verdicts or {}
    found: list[dict[str, Any]] = []
    with ProgressBar("judging", len(clips), "clips", quiet=quiet) as work:
        for place, clip in enumerate(clips):
            verdict = known.get(clip.name) or verdict_of_file(clip, reference)
            has_prompt = place >= len(clips) - MOST_PROMPTS
            found.append(_clip(clip, page, verdict, corpus, has_prompt=has_prompt))
            work.advance()
    write_page(
        page,
        _TEMPLATE,
        name=printable(folder.resolve().name),
        clips=found,
        counts=_counts(found),
        level_known=reference is not None,
        many=len(clips) > MOST_PRELOADED,
        most_prompts=MOST_PROMPTS,
        size=(WIDTH, HEIGHT),
    )
    return page


def clips_in(folder: Path) -> list[Path]:
    """Return the audio files in `folder`, not below it, `2.wav` before `10.wav`.

    Raises:
        ReverieError: there are none.
    """
    names = folder.iterdir() if folder.is_dir() else ()
    clips = [path for path in names if is_audio_name(path.name) and path.is_file()]
    clips = [path for path in clips if not path.name.startswith(".")]
    if not clips:
        raise ReverieError(f"{folder} holds no clips.", "Give a folder of clips.")
    return sorted(clips, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a sort key that orders the numbers in a name by value."""
    parts = re.split(r"([0-9]+)", path.name)
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts]


def _clip(
    clip: Path, page: Path, verdict: ClipVerdict, corpus: Corpus | None, *, has_prompt: bool
) -> dict[str, Any]:
    """Return the values that the template shows for a clip."""
    try:
        beside = read_sidecar(clip)
    except OSError as error:
        beside = Sidecar(doubt=f"It cannot be read: {os_reason(error)}.")
    provenance = beside.provenance
    return {
        "name": printable(clip.name),
        "seconds": _length(clip),
        "audio": relative_uri(clip, page),
        "picture": relative_uri(picture_of(clip), page) if has_picture(clip) else "",
        "verdict": verdict.verdict or "not judged",
        "tone": verdict.tone,
        "sentence": verdict.sentence,
        "doubt": printable(beside.doubt),
        "prompt": _prompt(provenance, clip, corpus, has_sound=has_prompt) if provenance else None,
        "facts": _facts(beside),
    }


def _length(clip: Path) -> str:
    try:
        with open_sound(clip) as file:
            return duration(file.frames / file.samplerate)
    except (ReverieError, soundfile.LibsndfileError):
        return ""


def _prompt(
    provenance: Provenance, clip: Path, corpus: Corpus | None, *, has_sound: bool
) -> dict[str, Any]:
    prompt = provenance.prompt
    if not prompt.recording:
        return {"recording": "", "sound": _Sound()}
    end = prompt.offset_seconds + prompt.seconds
    return {
        "recording": printable(prompt.recording),
        "span": f"{position(prompt.offset_seconds)} to {position(end)}",
        "sound": _sound(provenance, clip, corpus) if has_sound else _Sound(),
    }


def _sound(provenance: Provenance, clip: Path, corpus: Corpus | None) -> _Sound:
    """Return the end of a clip's prompt, if its source is unchanged."""
    prompt, rate_hz = provenance.prompt, provenance.rate_hz
    if prompt.seconds * rate_hz < 1:
        return _Sound()
    try:
        with open_sound(clip) as file:
            channels = int(file.channels)
        samples = _from_corpus(provenance, corpus, channels)
        if samples is None:
            samples = _from_file(prompt, rate_hz, channels)
    except (Unreadable, ReverieError, OSError):
        return _Sound(why_not="The recording cannot be read.")
    if samples is None:
        return _Sound(why_not="The recording is missing.")
    digest = hashlib.sha256(samples.tobytes()).hexdigest()
    if prompt.samples_sha256 and digest != prompt.samples_sha256:
        return _Sound(why_not="The recording has changed since.")
    shown = samples[:, -round(PROMPT_SECONDS * rate_hz) :]
    is_part = shown.shape[1] < samples.shape[1]
    return _Sound(audio_uri(to_int16(shown), rate_hz), shown.shape[1] / rate_hz, is_part)


def _from_corpus(
    provenance: Provenance, corpus: Corpus | None, channels: int
) -> NDArray[np.float32] | None:
    """Return samples [C, S] of the prompt, if it comes from a recording of this corpus."""
    if corpus is None or provenance.corpus_hash != corpus.content_hash:
        return None
    recording = corpus.recordings.named(provenance.prompt.recording)
    if recording is None or provenance.rate_hz != corpus.rate_hz:
        return None
    first, last = _span(provenance.prompt, corpus.rate_hz)
    return with_channels(corpus.pcm(recording)[:, first:last], channels)


def _from_file(prompt: Prompt, rate_hz: int, channels: int) -> NDArray[np.float32] | None:
    """Return samples [C, S] of the prompt, if it comes from a file that exists."""
    file = Path(prompt.recording)
    first, last = _span(prompt, rate_hz)
    if not file.is_file() or last > LATEST_SECONDS * rate_hz:
        return None
    return concatenated(cut(decode(file, rate_hz, channels), first, last - first), channels)


def _span(prompt: Prompt, rate_hz: int) -> tuple[int, int]:
    first = round(prompt.offset_seconds * rate_hz)
    return first, first + round(prompt.seconds * rate_hz)


def _facts(beside: Sidecar) -> list[tuple[str, str]]:
    """Return how a clip was made, as names and values."""
    facts: list[tuple[str, str]] = []
    if provenance := beside.provenance:
        facts = [
            ("Run", printable(provenance.run)),
            ("Checkpoint", f"{printable(provenance.checkpoint)}, epoch {provenance.epoch}"),
            ("Architecture", printable(provenance.architecture)),
            ("Made by", printable(provenance.made_by)),
        ]
        facts += [
            (name.replace("_", " "), _value(value)) for name, value in provenance.settings.items()
        ]
        if provenance.clipped_samples:
            facts.append(("Samples clipped at full scale", str(provenance.clipped_samples)))
        if provenance.lacks:
            facts.append(("Not possible", printable(provenance.lacks)))
    if trim := beside.trim:
        span = f"{trim.start_seconds:.2f} s to {trim.end_seconds:.2f} s"
        facts.append(("Trimmed", f"{span} of {printable(trim.of)}"))
    return facts


def _value(value: Any) -> str:
    """Format a setting's JSON value in words."""
    match value:
        case None | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(_value(one) for one in cast(list[Any], value))
        case _:
            return printable(str(value))


def _counts(clips: list[dict[str, Any]]) -> str:
    """Count the clips by verdict, the good one first."""
    every = [str(clip["verdict"]) for clip in clips]
    order = sorted(dict.fromkeys(every), key=lambda verdict: (verdict != "ok", verdict))
    return ", ".join(f"{every.count(verdict)} {verdict}" for verdict in order)
