"""Tags in a WAV: where other programs look for them, and none where there are none."""

import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mutagen.wave
import numpy as np
import pytest
import soundfile

from reverie.audio.reading.riff import wav_lie
from reverie.audio.tags import DIGITAL_SOURCE_TYPE, Tags, tags_of
from reverie.audio.writing.wav import WavFile, WavSubtype
from tests.audio.told import made


def write(
    path: Path, tags: Tags | None, samples: int = 333, subtype: WavSubtype = "PCM_24"
) -> Path:
    file = WavFile(path, 16000, subtype, tags=tags)
    file.write(np.zeros(samples, np.int32))
    file.close()
    return path


def chunks(path: Path) -> dict[bytes, bytes]:
    content = path.read_bytes()
    assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8
    found: dict[bytes, bytes] = {}
    at = 12
    while at < len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        found[name] = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(content)
    return found


@pytest.mark.parametrize("run", ["piano-codes", "ピアノ <&\"'>", "a" * 254])
def test_info_ixml_id3_and_xmp(tmp_path: Path, run: str) -> None:
    tags = tags_of(made(run=run))
    path = write(tmp_path / "a.wav", tags)
    found = chunks(path)
    assert list(found) == [b"JUNK", b"fmt ", b"data", b"LIST", b"iXML", b"id3 ", b"_PMX"]
    ixml = ElementTree.fromstring(found[b"iXML"])
    assert ixml.findtext("PROJECT") == run
    assert ixml.findtext("NOTE") == tags["COMMENT"]
    assert ixml.findtext("USER") == tags["REVERIE_PROVENANCE"]
    assert ixml.findtext("REVERIE/REVERIE_SETTINGS") == tags["REVERIE_SETTINGS"]
    xmp = ElementTree.fromstring(found[b"_PMX"])
    kind = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    assert [node.get(kind) for node in xmp.iter() if node.get(kind)] == [DIGITAL_SOURCE_TYPE]
    with soundfile.SoundFile(path) as file:
        sound: Any = file
        assert (sound.title, sound.artist) == (tags["TITLE"], tags["ARTIST"])
        assert (sound.comment, sound.software) == (tags["COMMENT"], tags["SOFTWARE"])
        assert sound.frames == 333
    id3 = mutagen.wave.WAVE(path).tags
    assert id3 is not None
    assert str(id3["TIT2"]) == tags["TITLE"]
    assert str(id3["COMM::eng"]) == tags["COMMENT"]
    assert str(id3["TXXX:REVERIE_PROVENANCE"]) == tags["REVERIE_PROVENANCE"]
    (private,) = id3.getall("PRIV")
    assert (private.owner, private.data) == ("XMP", found[b"_PMX"])
    assert wav_lie(path) is None


def test_without_tags_nothing_follows_the_samples(tmp_path: Path) -> None:
    assert list(chunks(write(tmp_path / "a.wav", None))) == [b"JUNK", b"fmt ", b"data"]
    assert list(chunks(write(tmp_path / "b.wav", {}))) == [b"JUNK", b"fmt ", b"data"]
