"""Clips, as scripts hold them: in memory, on disk, in a notebook."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import reverie
from reverie.api.clip import Clip, Clips
from reverie.api.run import Run
from reverie.audio.provenance import read_sidecar
from reverie.corpus.kinds import what_is
from reverie.corpus.ours import is_own_clip
from tests.music import write_recordings

ROUNDING = 1 / 32767


def test_memory_and_disk_hold_the_same(run: Run, tmp_path: Path) -> None:
    wanted = {"seconds": 0.5, "count": 3, "temperature": 0.7}
    held = run.generate(wanted)
    stored = run.generate(out=str(tmp_path / "clips"), **wanted)
    assert len(held) == len(stored) == 3
    for one, other in zip(held, stored, strict=True):
        assert one.samples.dtype == other.samples.dtype == np.float32
        assert one.samples.shape == other.samples.shape == (4000,)
        assert one.rate_hz == other.rate_hz == 8000
        assert one.seconds == other.seconds == 0.5
        limited = np.clip(one.samples, -1, 1)
        assert np.abs(limited - other.samples).max() <= ROUNDING
        assert one.provenance is not None
        assert other.provenance is not None
        assert one.provenance.deciding() == other.provenance.deciding()
        assert (one.path, other.path and other.path.parent) == (None, tmp_path / "clips")
    assert not np.array_equal(held[0].samples, held[1].samples)


def test_a_saved_clip_has_the_bytes_of_one_generated_to_disk(run: Run, tmp_path: Path) -> None:
    wanted = {"seconds": 0.3, "count": 1}
    saved = run.generate(wanted)[0].save(tmp_path / "saved.wav")
    (stored,) = run.generate(wanted, out=tmp_path / "clips")
    assert stored.path is not None
    assert saved.read_bytes() == stored.path.read_bytes()
    assert saved.with_suffix(".json").read_bytes() == stored.path.with_suffix(".json").read_bytes()


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize(("name", "format_"), [("a.wav", None), ("a.flac", None),
                                               ("a.wav", "wav32f")])  # fmt: skip
def test_saved_and_opened(
    clips: Clips,
    tmp_path: Path,
    name: str,
    format_: str | None,
    kind: Callable[[Path], str | Path],
) -> None:
    saved = clips[0].save(kind(tmp_path / name), format=format_, picture=True)
    assert saved == tmp_path / name
    assert is_own_clip(saved)
    assert what_is(saved).kind == "clips"
    assert saved.with_suffix(".png").is_file()
    opened = Clip.open(kind(saved))
    assert opened.path == saved
    assert opened.provenance is not None
    assert clips[0].provenance is not None
    assert opened.provenance.deciding() == clips[0].provenance.deciding()
    if format_ == "wav32f":
        assert np.array_equal(opened.samples, clips[0].samples)
    else:
        limited = np.clip(clips[0].samples, -1, 1)
        assert np.abs(opened.samples - limited).max() <= ROUNDING


def test_the_count_of_limited_samples_is_the_files(clips: Clips, tmp_path: Path) -> None:
    loud = Clip(lambda: 99 * clips[0].samples, 8000, clips[0].provenance)
    beside = read_sidecar(loud.save(tmp_path / "loud.wav")).provenance
    assert beside is not None
    assert beside.clipped_samples == np.count_nonzero(np.abs(loud.samples) > 1) > 0
    again = read_sidecar(Clip.open(tmp_path / "loud.wav").save(tmp_path / "again.wav")).provenance
    assert again is not None
    assert again.clipped_samples == beside.clipped_samples
    whole = read_sidecar(loud.save(tmp_path / "whole.wav", format="wav32f")).provenance
    assert whole is not None
    assert whole.clipped_samples == 0


def test_a_sound_of_others_has_no_provenance(tmp_path: Path) -> None:
    write_recordings(tmp_path, 1, 1.0, 8000)
    opened = Clip.open(tmp_path / "tune 0.wav")
    assert opened.provenance is None
    assert not is_own_clip(opened.save(tmp_path / "copy.wav"))
    assert not (tmp_path / "copy.json").exists()


def test_errors_are_one_kind(clips: Clips, tmp_path: Path) -> None:
    with pytest.raises(reverie.ReverieError, match="neither"):
        clips[0].save(tmp_path / "a.ogg")
    with pytest.raises(reverie.ReverieError, match=r"wav32f is written to \.wav files"):
        clips[0].save(tmp_path / "a.flac", format="wav32f")
    with pytest.raises(reverie.ReverieError, match="does not exist"):
        Clip.open(tmp_path / "missing.wav")
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(reverie.ReverieError, match="cannot be read"):
        Clip.open(tmp_path / "broken.wav")
    assert not list(tmp_path.glob("a.*"))


def test_a_file_is_replaced_only_if_asked(clips: Clips, tmp_path: Path) -> None:
    path = clips[0].save(tmp_path / "a.wav")
    before = path.read_bytes()
    with pytest.raises(reverie.ReverieError, match=r"a\.wav is there already"):
        clips[1].save(path)
    assert path.read_bytes() == before
    clips[1].save(path, overwrite=True)
    assert path.read_bytes() != before
    assert read_sidecar(path).provenance is not None


def test_several_are_saved_by_number_and_never_over_others(clips: Clips, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "clips"
    paths = clips.save(str(folder))
    assert [path.name for path in paths] == ["001.wav", "002.wav"]
    assert {path.suffix for path in folder.iterdir()} == {".wav", ".json", ".png"}
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(reverie.ReverieError, match=r"001\.wav is there already"):
        clips.save(folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_clips_are_a_sequence(clips: Clips) -> None:
    assert len(clips) == 2
    assert [*clips] == [clips[0], clips[1]]
    assert clips[-1] is clips[1]
    part = clips[1:]
    assert isinstance(part, Clips)
    assert [*part] == [clips[1]]
    assert repr(clips).count("Clip(1.2 s at 8000 Hz, epoch-") == 2
    with pytest.raises(IndexError):
        _ = clips[2]


def test_a_player_is_escaped_and_needs_nothing_beside_it(clips: Clips, tmp_path: Path) -> None:
    path = tmp_path / "<script>alert(1)</script>.wav"
    path = path.with_name(path.name.replace("/", "∕"))
    clips[0].save(path)
    shown = Clip.open(path)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    sources = re.findall(r'(?:src|href)="([^"]{0,20})', shown)
    assert len(sources) == 2
    kinds = {one.split(";")[0] for one in sources}
    assert kinds == {"data:audio/flac", "data:image/png"}
    assert "http" not in re.sub(r'"data:[^"]*"', "", shown)
    assert clips._repr_html_() == clips[0].as_html() + clips[1].as_html()


def test_prompts_of_files(run: Run, tmp_path: Path) -> None:
    write_recordings(tmp_path / "prompts", 2, 3.0, 8000)
    files = sorted((tmp_path / "prompts").iterdir())
    two = run.generate(prompt=[str(files[0]), files[1]], seconds=0.2)
    assert [one.provenance and Path(one.provenance.prompt.recording) for one in two] == files
    (nothing,) = run.generate(prompt=None, seconds=0.2, count=1)
    assert nothing.provenance is not None
    assert nothing.provenance.prompt.seconds == 0


def test_what_is_gone_is_told(run: Run, tmp_path: Path) -> None:
    (clip,) = run.generate(out=tmp_path / "clips", seconds=0.2, count=1)
    assert clip.path is not None
    assert soundfile.info(clip.path).samplerate == clip.rate_hz
    clip.path.unlink()
    with pytest.raises(reverie.ReverieError, match="does not exist"):
        _ = clip.samples
