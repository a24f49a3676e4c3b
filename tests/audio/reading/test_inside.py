"""A clip is known by its tags, whatever its name, its format and the program that wrote it."""

import os
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from reverie.audio.provenance import HASH, Sidecar, sidecar_of, write_sidecar
from reverie.audio.reading.inside import SCANNED_BYTES, has_mark, origin_of, provenance_inside
from reverie.audio.tags import MARK, PROVENANCE, tags_of
from reverie.audio.writing.formats import FORMATS, Format, suffix_of
from reverie.audio.writing.wav import WavFile
from reverie.audio.writing.writer import AudioWriter
from reverie.corpus.ours import is_own_clip
from tests.audio.making import music
from tests.audio.told import made


def clip(path: Path, format_: Format = "wav16", seconds: float = 1.0) -> Path:
    with AudioWriter(path, 16000, format_, tags=tags_of(made())) as writer:
        writer.write(music(seconds, rate_hz=16000).T)
    return path


def converted(source: Path, out: Path, codec: str, options: dict[str, str] | None = None) -> Path:
    """Encode a file anew as FFmpeg's program does, which carries tags on."""
    with av.open(str(source)) as file, av.open(str(out), "w", options=options or {}) as target:
        told = {**file.streams.audio[0].metadata, **file.metadata}
        stream = cast(av.AudioStream, target.add_stream(codec, rate=48000, layout="stereo"))
        stream.bit_rate = 96_000
        target.metadata.update(told)
        stream.metadata.update(told if out.suffix in {".opus", ".ogg"} else {})
        resampler = av.AudioResampler(stream.codec_context.format, "stereo", 48000)
        for frame in file.decode(audio=0):
            for part in resampler.resample(frame):
                for packet in stream.encode(part):
                    target.mux(packet)
        for packet in stream.encode(None):
            target.mux(packet)
    return out


@pytest.mark.parametrize("format_", FORMATS)
def test_a_clip_without_its_json_says_how_it_was_made(tmp_path: Path, format_: Format) -> None:
    name = os.fsdecode(b"renamed \xff") + suffix_of(format_)
    path = clip(tmp_path / name, format_)
    assert has_mark(path)
    assert is_own_clip(path)
    found = provenance_inside(path)
    assert found is not None
    assert found.run == "piano-codes"
    assert found.deciding()["settings"] == made().deciding()["settings"]
    assert (found.checkpoint_sha256, found.corpus_hash) == ("ab" * 32, "cd" * 32)
    assert origin_of(path) == Sidecar(found)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        (".wav", "pcm_s16le", {}),
        (".flac", "flac", {}),
        (".mp3", "libmp3lame", {}),
        (".mp3", "libmp3lame", {"id3v2_version": "3"}),
        (".opus", "libopus", {}),
        (".m4a", "aac", {}),
        (".mka", "libopus", {}),
        (".wma", "wmav2", {}),
    ],
)
def test_another_program_that_converts_it_keeps_it_known(
    tmp_path: Path, format_: Format, suffix: str, codec: str, options: dict[str, str]
) -> None:
    source = clip(tmp_path / f"a{suffix_of(format_)}", format_)
    assert is_own_clip(converted(source, tmp_path / f"song{suffix}", codec, options))


def test_a_clip_whose_sound_was_changed_is_a_clip(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav")
    write_sidecar(path, Sidecar(made(run="/runs/piano-codes")))
    beside = origin_of(path).provenance
    assert beside is not None
    assert beside.run == "/runs/piano-codes"
    content = bytearray(path.read_bytes())
    content[200:210] = bytes(10)
    path.write_bytes(content)
    inside = origin_of(path)
    assert inside.provenance is not None
    assert inside.provenance.run == "piano-codes"
    assert not inside.doubt


def test_music_is_no_clip(tmp_path: Path) -> None:
    for number, comment in enumerate(["Rêverie, Debussy", MARK, MARK + "g" * 64, "reverie 0.1.0"]):
        path = tmp_path / f"{number}.wav"
        file = WavFile(path, 8000, "PCM_16", tags={"COMMENT": comment})
        file.write(np.zeros(8000, np.int16))
        file.close()
        assert not is_own_clip(path)
        assert provenance_inside(path) is None


@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("at", [0, SCANNED_BYTES - 40, SCANNED_BYTES, -200])
def test_a_mark_is_found_at_the_start_and_at_the_end(
    tmp_path: Path, encoding: str, at: int
) -> None:
    mark = (MARK + "0123456789abcdef" * 4).encode(encoding)
    content = bytearray(2 * SCANNED_BYTES)
    place = at % len(content)
    content[place : place + len(mark)] = mark
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    assert has_mark(path)


def test_only_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    for name in ("pipe.wav", "folder.wav", "gone.wav"):
        assert not has_mark(tmp_path / name)
        assert provenance_inside(tmp_path / name) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "[" * 9000, '{"made_by": "other"}', '{"made_by": "reverie", "x": NaN}',
             '{"a": "' + "x" * (1 << 17) + '"}']
)  # fmt: skip
def test_hostile_provenance_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.wav"
    file = WavFile(path, 8000, "PCM_16", tags={**tags_of(made()), PROVENANCE: text})
    file.write(np.zeros(8000, np.int16))
    file.close()
    assert has_mark(path)
    assert provenance_inside(path) is None


def test_json_of_another_clip_does_not_hide_the_tags(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav")
    sidecar_of(path).write_text(f'{{"made_by": "reverie 0.1.0", "{HASH}": "0"}}')
    assert origin_of(path).provenance is not None
