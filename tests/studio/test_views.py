"""What the page is told of corpora, runs, clips and sounds, and what it may keep."""

import json
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reverie.audio.writing.writer import AudioWriter
from reverie.storage import file_sha256
from reverie.studio.routes import library
from tests.conftest import RATE_HZ
from tests.music import random_melody
from tests.studio.serving import Page, served


def write_clip(path: Path, seconds: float = 1.0, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with AudioWriter(path, RATE_HZ) as writer:
        writer.write(random_melody(seed, RATE_HZ, seconds)[None])
    told: dict[str, Any] = {
        "audio_sha256": file_sha256(path), "made_by": "reverie 0.1.0", "run": "run",
        "checkpoint": "epoch-00003", "epoch": 3, "clip": seed + 1,
        "settings": {"seed": seed, "temperature": 0.9},
        "prompt": {"recording": "0.wav", "offset_seconds": 1.0, "seconds": 0.5},
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(told))


@pytest.fixture
def clips(folder: Path) -> Path:
    for number in range(1, 4):
        write_clip(folder / "clips" / f"{number:03d}.wav", float(number), number)
    return folder


@pytest.fixture
def page(clips: Path) -> Iterator[Page]:
    with served(clips) as page:
        yield page


def test_a_corpus_is_told_recording_by_recording(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        told = page.get("/api/corpus", path="corpus", limit=2)
        assert (told["total"], len(told["recordings"])) == (5, 2)
        first = told["recordings"][0]
        assert first["ticked"]
        assert first["split"] in {"train", "held-out"}
        assert told["leaks"] is None
        assert told["findings"][0]["tone"] == "bad"  # half a minute is little
        sound = page.ask("/api/sound", {"path": "corpus", "source": 0})
        assert sound.headers["content-type"] == "audio/wav"
        size, rate_hz = struct.unpack("<I16xI", sound.body[4:28])
        assert (size + 8, rate_hz) == (len(sound.body), RATE_HZ)
        assert len(sound.body) == 44 + 2 * round(first["seconds"] * RATE_HZ)
        part = page.ask(
            "/api/sound", {"path": "corpus", "source": 0}, headers={"Range": "bytes=40-99"}
        )
        assert (part.status, part.body) == (206, sound.body[40:100])
        assert page.ask("/api/sound", {"path": "corpus", "source": 5}).status == 404


def test_a_left_out_recording_is_unticked(page: Page) -> None:
    job = page.begin("prepare", "tunes", "--out", "made", "--rate", str(RATE_HZ),
                     "--leave-out", "tune 0.wav", "--hold-out", "tune 1.wav")  # fmt: skip
    page.wait(job, "done")
    told = page.get("/api/corpus", path="made")
    assert told["unticked"] == ["tune 0.wav"]
    assert {one["path"]: one["chosen"] for one in told["recordings"]} == {
        "tune 1.wav": "held-out", "tune 2.wav": "",
    }  # fmt: skip


def test_ticks_are_kept_before_anything_is_prepared(clips: Path) -> None:
    ticks = {"leave_out": ["tune 0.wav"], "hold_out": [], "train_on": ["tune 1.wav"]}
    with served(clips) as page:
        page.post("/api/ticks", {"path": "tunes", **ticks})
    with served(clips) as page:
        told = page.get("/api/recordings", path="tunes")
    assert told["ticks"] == ticks
    assert [one["name"] for one in told["recordings"]] == [
        f"tunes/tune {number}.wav" for number in range(3)
    ]


def test_clips_are_listed_sorted_and_paged(page: Page, clips: Path) -> None:
    told = page.get("/api/clips", folder="clips", sort="-number", limit=2)
    assert (told["total"], [one["number"] for one in told["clips"]]) == (3, [3, 2])
    first = told["clips"][0]
    assert (first["seconds"], first["seed"], first["checkpoint"]) == (3.0, 3, "epoch-00003")
    assert first["prompt"]["recording"] == "0.wav"
    assert page.ask("/api/clips", {"folder": "clips", "sort": "path"}).status == 422
    assert page.ask("/api/clips", {"folder": "clips", "limit": "-1"}).status == 422
    (clips / "clips" / "002.wav").unlink()
    (clips / "clips" / "004.wav").write_bytes(b"RIFF, but not more")
    assert page.get("/api/clips", folder="clips")["total"] == 2
    write_clip(clips / "clips" / "003.wav", 2.0, seed=7)
    assert page.get("/api/clips", folder="clips", offset=1)["clips"][0]["seed"] == 7


def test_five_thousand_clips_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(folder / "many" / "00001.wav", 0.25)
    for number in range(2, 5001):
        for suffix in (".wav", ".json"):
            target = folder / "many" / f"{number:05d}{suffix}"
            target.hardlink_to(folder / "many" / f"00001{suffix}")
    with served(folder) as page:
        assert page.get("/api/clips", folder="many", limit=50)["total"] == 5000
        monkeypatch.setattr("reverie.studio.clips.soundfile", None)
        told = page.get("/api/clips", folder="many", offset=4950, limit=100)
        assert len(told["clips"]) == 50


def test_marks_and_presets_are_kept(clips: Path) -> None:
    with served(clips) as page:
        told = page.post("/api/marks", {"path": "clips/001.wav", "star": True})
        assert told == {"path": "clips/001.wav", "star": True, "note": "", "bin": ""}
        page.post("/api/marks", {"path": "clips/001.wav", "note": "<b>good</b>"})
        assert page.ask("/api/marks", body={"path": "clips/009.wav", "star": True}).status == 404
        page.post("/api/presets", {"name": "calm", "settings": {"temperature": 0.7}})
    with served(clips) as page:
        first = page.get("/api/clips", folder="clips")["clips"][0]
        assert (first["star"], first["note"]) == (True, "<b>good</b>")
        assert page.get("/api/presets")["presets"] == {"calm": {"temperature": 0.7}}
        gone = page.ask("/api/presets", body={"name": "calm"}, method="DELETE")
        assert gone.json() == {"presets": {}}
        page.post("/api/marks", {"path": "clips/001.wav", "star": False, "note": ""})
        assert page.get("/api/marks") == {"marks": {}}


def test_waveforms_and_pictures_are_drawn_once(page: Page, clips: Path, tmp_path: Path) -> None:
    told = page.get("/api/peaks", path="clips/001.wav", count=100)
    assert (told["seconds"], told["rate_hz"], len(told["peaks"])) == (1.0, RATE_HZ, 100)
    assert all(-1 <= low <= high <= 1 for low, high in told["peaks"])
    picture = page.ask("/api/picture", {"path": "clips/001.wav"})
    assert picture.headers["content-type"] == "image/png"
    (tmp_path / "x.png").write_bytes(picture.body)
    with Image.open(tmp_path / "x.png") as image:
        assert image.height == 128
    assert page.studio is not None
    page.studio.media.end()
    kept = sorted((clips / ".reverie-studio" / "sounds").glob("*/*"))
    assert page.ask("/api/picture", {"path": "clips/001.wav"}).body == picture.body
    assert sorted((clips / ".reverie-studio" / "sounds").glob("*/*")) == kept


def test_a_clip_is_judged_and_listed_with_its_verdict(page: Page) -> None:
    assert page.get("/api/clips", folder="clips")["clips"][2]["health"] is None
    verdict = page.get("/api/health", path="clips/003.wav")
    assert set(verdict) == {"verdict", "sentence"}
    assert page.get("/api/clips", folder="clips")["clips"][2]["health"] == verdict


def test_a_sound_that_is_none_ends_nothing(page: Page, clips: Path) -> None:
    (clips / "tunes" / "text.mp3").write_text("dear diary")
    for address in ("/api/peaks", "/api/picture"):
        reply = page.ask(address, {"path": "tunes/text.mp3"})
        assert reply.status == 422
        assert set(reply.json()) == {"problem", "remedy"}
    assert page.get("/api/peaks", path="tunes/tune 0.wav")["seconds"] == 4.0


def test_a_sound_is_sent_in_ranges(page: Page, clips: Path) -> None:
    whole = (clips / "clips" / "001.wav").read_bytes()
    part = page.ask("/api/sound", {"path": "clips/001.wav"}, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, whole[10:20])
    assert page.ask("/api/sound", {"path": "clips/001.wav"}).body == whole
    assert page.ask("/api/sound", {"path": "clips/001.json"}).status == 404


def test_an_added_folder_is_named_by_its_whole_path(page: Page, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "home" / "tunes", other / "more")
    assert page.ask("/api/sound", {"path": f"{other}/more/tune 0.wav"}).status == 403
    assert page.post("/api/folders", {"path": str(other)}) == {"added": [str(other)]}
    assert page.ask("/api/sound", {"path": f"{other}/more/tune 0.wav"}).status == 200
    rows = page.get("/api/library")["recordings"]
    assert [row["path"] for row in rows] == [f"{other}/more", "tunes"]
    assert page.ask("/api/folders", body={"path": "/"}).status == 403
    assert page.ask("/api/folders", body={"path": "relative"}).status == 404
    page.ask("/api/folders", body={"path": str(other)}, method="DELETE")
    assert page.ask("/api/sound", {"path": f"{other}/more/tune 0.wav"}).status == 403


def test_about_describes_every_setting(page: Page) -> None:
    about = page.get("/api/about")
    names = {one["name"] for one in about["settings"]["recipe"]}
    assert {"training.minutes", "model.hidden", "generation.temperature"} <= names
    by_name = {one["name"]: one for one in about["settings"]["generation"]}
    assert by_name["count"] == {
        "name": "count", "kind": "whole", "default": 5, "low": 1, "high": 10_000, "choices": None,
        "optional": False, "help": "How many clips.",
    }  # fmt: skip
    assert by_name["method"]["choices"] == ["rolling", "carry"]
    assert by_name["bpm"]["optional"]
    assert {"codes", "demo", "smoke"} <= {one["name"] for one in about["recipes"]}


def test_a_listening_test_of_chosen_clips(page: Page, clips: Path) -> None:
    paths = [f"clips/00{number}.wav" for number in range(1, 4)]
    made = page.post("/api/listening", {"paths": paths, "participants": 2})
    page.wait(made["job"]["id"], "running")

    def served_test() -> Any:
        told = page.get("/api/listening", path=made["path"])
        return told if told["organiser"] else None

    from tests.studio.serving import until

    told = until(served_test)
    assert "--host 127.0.0.1" in made["line"]
    assert len(told["participants"]) == 2
    assert told["results"] is None
    assert [row["path"] for row in page.get("/api/library")["tests"]] == [made["path"]]
    page.post(f"/api/jobs/{made['job']['id']}/stop", {})
    page.wait(made["job"]["id"], "stopped")
    assert not list((clips / ".reverie-studio" / "listening").iterdir())


def test_an_estimate_comes_from_the_command_line(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        body = {"corpus": "corpus", "recipe": "paper",
                "settings": {"model.hidden": 8, "frames.hop_seconds": 0.03125,
                             "training.sequence_seconds": 0.25, "training.epochs": 3}}  # fmt: skip
        told = page.post("/api/estimate", body)
        assert told["seconds"] > 0
        assert told["line"].startswith("reverie train corpus --recipe paper --dry-run")
        assert told["needs"]["memory_bytes"] > 0
        wrong = page.ask("/api/estimate", body={"corpus": "corpus", "settings": {"a.b": 1}})
        assert wrong.status == 422
        assert "a.b" in wrong.json()["problem"]
        assert not (with_corpus / "corpus-paper").exists()


def test_a_file_is_shown_in_the_file_manager_of_this_machine(
    page: Page, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, bool]] = []

    def launch(path: str, *, locate: bool) -> int:
        shown.append((path, locate))
        return len(shown) - 2

    monkeypatch.setattr(library.typer, "launch", launch)
    clip = str(clips / "clips" / "001.wav")
    page.ask("/api/show", body={"path": "clips/001.wav"})
    assert page.post("/api/show", {"path": "clips"}) == {"path": str(clips / "clips")}
    assert shown == [(clip, True), (str(clips / "clips"), False)]
    none = page.ask("/api/show", body={"path": "clips"})
    assert (none.status, str(clips) in none.json()["remedy"]) == (501, True)
    assert page.ask("/api/show", body={"path": "gone.wav"}).status == 404
    with served(clips, token="secret") as other:
        other.ask("/", {"token": "secret"})
        assert other.ask("/api/show", body={"path": "clips"}).status == 403
    assert len(shown) == 3
