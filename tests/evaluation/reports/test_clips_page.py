"""The page of a folder of clips: all of them, playing, whatever they are called and whoever made
them, with their prompts where these can be had."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32
from reverie.audio.pictures.clip import save_png
from reverie.audio.provenance import Prompt, Provenance, Sidecar, Trim, write_sidecar
from reverie.audio.reading.decode import load
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.evaluation.clip_verdicts import ClipVerdict
from reverie.evaluation.reports import clips_page
from reverie.evaluation.reports.clips_page import PAGE, clips_in, write_clips_page
from tests.browser import visit
from tests.evaluation.conftest import RATE_HZ
from tests.music import random_melody

TUNE = random_melody(3, RATE_HZ, 4.0)
ODD = "a b#1?%é<i>.wav"


def made(corpus: Corpus, prompt: Prompt, settings: dict[str, Any] | None = None) -> Provenance:
    return Provenance(
        made_by="reverie 0.1", run="runs/<b>", rate_hz=RATE_HZ, architecture="dense",
        hop_samples=250, checkpoint="epoch-00006", checkpoint_sha256="", epoch=6,
        corpus_hash=corpus.content_hash, settings=settings or {}, clip=1,
        prompt=prompt, clipped_samples=0,
    )  # fmt: skip


def prompt_of(corpus: Corpus, first: int = 800, count: int = 8000) -> Prompt:
    recording = corpus.of_split("held-out")[0]
    samples = to_float32(corpus.pcm(recording)[0][first : first + count])
    return told(recording.path, samples, first)


def told(recording: str, samples: NDArray[np.float32], first: int) -> Prompt:
    digest = hashlib.sha256(samples.tobytes()).hexdigest()
    return Prompt(recording, first / RATE_HZ, len(samples) / RATE_HZ, 0.0, digest)


def clip(path: Path, about: Provenance | None = None, wave: NDArray[np.float32] = TUNE) -> Path:
    soundfile.write(path, wave, RATE_HZ)
    if about:
        write_sidecar(path, Sidecar(about))
        save_png(path, path.with_suffix(".png"))
    return path


def players(page: Path) -> list[str]:
    return re.findall(r'<audio[^>]* src="([^"]*)"', page.read_text())


def test_every_clip_has_a_relative_player_in_order(music: Corpus, tmp_path: Path) -> None:
    for name in ("010.wav", "002.flac", "9.wav", ODD):
        clip(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "below").mkdir()
    clip(tmp_path / "below" / "001.wav")
    assert [path.name for path in clips_in(tmp_path)] == ["002.flac", "9.wav", "010.wav", ODD]
    page = write_clips_page(tmp_path, music, quiet=True)
    assert page == tmp_path / PAGE
    assert players(page) == [
        "./002.flac", "./9.wav", "./010.wav", "./a%20b%231%3F%25%C3%A9%3Ci%3E.wav"
    ]  # fmt: skip
    assert "<i>" not in page.read_text()


def test_it_says_the_verdict_the_prompt_and_how_a_clip_was_made(
    music: Corpus, tmp_path: Path
) -> None:
    about = made(
        music,
        prompt_of(music),
        {"temperature": 0.9, "guard": True, "top_k": None, "prompt": ["a"]},
    )
    clip(tmp_path / "001.wav", about)
    clip(tmp_path / "002.wav", about, 0 * TUNE)
    trimmed = Sidecar(about, Trim("001.wav", "", "by hand", 1.0, 2.5, 2.5))
    write_sidecar(clip(tmp_path / "003.wav"), trimmed)
    text = write_clips_page(tmp_path, music, quiet=True).read_text()
    assert "3 clips</h1>" in text
    assert "Measured: 2 ok, 1 silent." in text
    assert "Silent: every sample is zero" in text
    assert "0:00.1 to 0:01.1" in text
    assert "here its last" not in text
    for name, value in (("temperature", "0.9"), ("guard", "yes"), ("top k", "none")):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text
    assert "1.00 s to 2.50 s of 001.wav" in text
    assert 'src="./001.png"' in text
    assert "runs/&lt;b&gt;" in text


def test_a_page_is_made_anew_when_clips_are_added(music: Corpus, tmp_path: Path) -> None:
    clip(tmp_path / "001.wav")
    write_clips_page(tmp_path, music, quiet=True)
    clip(tmp_path / "002.wav")
    page = write_clips_page(tmp_path, music, quiet=True)
    assert players(page) == ["./001.wav", "./002.wav"]


def test_verdicts_that_are_known_are_taken(music: Corpus, tmp_path: Path) -> None:
    clip(tmp_path / "001.wav")
    known = {"001.wav": ClipVerdict("looping", "Looping: as was said.")}
    page = write_clips_page(tmp_path, music, verdicts=known, quiet=True)
    assert "Looping: as was said." in page.read_text()


def test_a_prompt_of_a_file_plays_unless_the_file_is_gone_or_another(
    music: Corpus, tmp_path: Path
) -> None:
    tune = tmp_path / "tune.wav"
    soundfile.write(tune, random_melody(5, RATE_HZ, 6.0), RATE_HZ)
    prompt = told(str(tune), load(tune, RATE_HZ)[0][4000:20000], 4000)
    (tmp_path / "clips").mkdir()
    clip(tmp_path / "clips" / "001.wav", made(music, prompt))
    page = write_clips_page(tmp_path / "clips", None, quiet=True)
    assert len(players(page)) == 2
    assert "The corpus is missing" in page.read_text()
    soundfile.write(tune, random_melody(6, RATE_HZ, 6.0), RATE_HZ)
    page = write_clips_page(tmp_path / "clips", None, quiet=True)
    assert (len(players(page)), "has changed since" in page.read_text()) == (1, True)
    tune.write_text("no music")
    page = write_clips_page(tmp_path / "clips", None, quiet=True)
    assert (len(players(page)), "cannot be read" in page.read_text()) == (1, True)
    tune.unlink()
    page = write_clips_page(tmp_path / "clips", None, quiet=True)
    assert (len(players(page)), "The recording is missing" in page.read_text()) == (1, True)


def test_a_prompt_of_another_corpus_does_not_play(music: Corpus, tmp_path: Path) -> None:
    about = replace(made(music, prompt_of(music)), corpus_hash="other")
    clip(tmp_path / "001.wav", about)
    page = write_clips_page(tmp_path, music, quiet=True)
    assert len(players(page)) == 1


def test_of_a_long_prompt_the_end_plays(music: Corpus, tmp_path: Path) -> None:
    clip(tmp_path / "001.wav", made(music, prompt_of(music, 0, 15 * RATE_HZ)))
    page = write_clips_page(tmp_path, music, quiet=True)
    assert "here its last 10.0 s" in page.read_text()
    assert len(players(page)) == 2


def test_a_clip_from_nothing_says_so(music: Corpus, tmp_path: Path) -> None:
    clip(tmp_path / "001.wav", made(music, Prompt("", 0.0, 0.0)))
    assert "It begins from nothing." in write_clips_page(tmp_path, music, quiet=True).read_text()


def test_of_many_clips_the_last_have_their_prompts(
    music: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_page, "MOST_PROMPTS", 2)
    monkeypatch.setattr(clips_page, "MOST_PRELOADED", 3)
    for number in range(1, 6):
        clip(tmp_path / f"{number:03d}.wav", made(music, prompt_of(music)))
    page = write_clips_page(tmp_path, music, quiet=True)
    kinds = [uri.startswith("data:") for uri in players(page)]
    assert kinds == [False, False, False, False, True, False, True]
    assert "Prompts have players for the last\n2 clips" in page.read_text()
    assert page.read_text().count('preload="none"') == 5


def test_doubtful_provenance_and_broken_sound_are_shown_as_such(
    music: Corpus, tmp_path: Path
) -> None:
    clip(tmp_path / "001.wav", made(music, prompt_of(music)))
    (tmp_path / "001.wav").write_bytes(b"torn")
    text = write_clips_page(tmp_path, music, quiet=True).read_text()
    assert "not judged" in text
    assert "describes another file" in text


def test_a_folder_without_clips_has_no_page(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ReverieError, match="holds no clips"):
            write_clips_page(folder)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_browser_plays_the_clips_beside_the_page(
    music: Corpus, tmp_path: Path, mode: Literal["light", "dark"]
) -> None:
    clip(tmp_path / ODD, made(music, prompt_of(music)))
    clip(tmp_path / "002.flac")
    page = write_clips_page(tmp_path, music, quiet=True)
    for width in (360, 1280):
        with visit(page, mode, width) as seen:
            ready = "[...document.querySelectorAll('audio')].every(one => one.readyState > 0)"
            seen.page.wait_for_function(ready)
            lengths = seen.page.evaluate(
                "[...document.querySelectorAll('audio')].map(one => one.duration)"
            )
            assert lengths == pytest.approx([4.0, 4.0, 1.0], abs=0.01)
            shown = seen.page.evaluate("[...document.images].every(one => one.naturalWidth > 0)")
            assert shown
            wide = seen.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            assert seen.complaints == []
            assert all(one.startswith(("file:", "data:")) for one in seen.requests)
