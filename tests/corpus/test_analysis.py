"""One recording on its way into a corpus: rates, faults, levels, and the limits of each."""

import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.audio.resample import PIECE_SAMPLES, Resampler
from reverie.corpus.analysis import Analysed, Unusable, analyse
from reverie.corpus.pool import Job, Pool
from tests.audio.making import encode, music, spoil, wav, wav_bytes

TUNE = music(3.0, channels=2)


def analysed(path: Path, **settings: object) -> Analysed:
    pcm = path.with_suffix(".pcm")
    pcm.unlink(missing_ok=True)
    told = {"channels": 1, "keep_damaged": False, **settings}
    return analyse(path, pcm, 16000, **told)  # pyright: ignore[reportArgumentType]


def samples(path: Path) -> NDArray[np.int16]:
    return np.fromfile(path.with_suffix(".pcm"), "<i2")


def slow_files(rate_hz: int) -> dict[str, bytes]:
    """20 kB of sound in containers whose headers give the rate, whatever it is."""
    data = (TUNE[:10_000, 0] * 30000).astype(">i2").tobytes()
    common = struct.pack(">hIh", 1, len(data) // 2, 16)
    # The rate is a number of 80 bits: the exponent, and the rate with its first bit at the top.
    extended = struct.pack(">HQ", 16383 + rate_hz.bit_length() - 1,
                           rate_hz << (64 - rate_hz.bit_length()))  # fmt: skip
    chunks = b"COMM" + struct.pack(">I", 18) + common + extended
    chunks += b"SSND" + struct.pack(">I", 8 + len(data)) + bytes(8) + data
    desc = struct.pack(">d4sIIIII", rate_hz, b"lpcm", 0, 2, 1, 1, 16)
    return {
        "a.wav": wav_bytes(data, rate_hz=rate_hz),
        "a.aiff": b"FORM" + struct.pack(">I", 4 + len(chunks)) + b"AIFF" + chunks,
        "a.au": b".snd" + struct.pack(">IIIII", 24, len(data), 3, rate_hz, 1) + data,
        "a.caf": b"caff\0\1\0\0desc" + struct.pack(">q", 32) + desc
        + b"data" + struct.pack(">q", len(data) + 4) + bytes(4) + data,
    }  # fmt: skip


@pytest.mark.parametrize("rate_hz", [1, 100, 1999, 2**31 - 1])
@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au", "a.caf"])
def test_rates_that_are_not_those_of_sound_are_refused(
    tmp_path: Path, name: str, rate_hz: int
) -> None:
    (tmp_path / name).write_bytes(slow_files(rate_hz)[name])
    with pytest.raises(Unusable, match=r"not sound|no recording|no sound"):
        analysed(tmp_path / name)
    assert (tmp_path / "a.pcm").stat().st_size == 0


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au", "a.caf"])
def test_the_lowest_rate_is_sound(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(slow_files(2000)[name])
    assert analysed(tmp_path / name).samples == pytest.approx(10_000 / 2000 * 16000, abs=2)


def test_a_rate_that_changes_to_an_absurd_one_is_a_fault(tmp_path: Path) -> None:
    sound = wav(tmp_path / "a.flac", music(1.0, rate_hz=48000), rate_hz=48000)
    slow = wav(tmp_path / "b.wav", music(1.0, rate_hz=48000), rate_hz=1)
    joined = tmp_path / "c.wav"
    first = wav(tmp_path / "a.wav", music(1.0, rate_hz=48000), rate_hz=48000)
    joined.write_bytes(first.read_bytes() + slow.read_bytes())
    got = analysed(joined)
    assert got.samples == 16000
    assert "of which 1 cannot be read" in got.notes[0]
    assert analysed(sound).samples == 16000


@pytest.mark.parametrize("rates", [(2000, 48000), (44100, 16000), (16000, 16000), (384000, 8000)])
def test_resampling_goes_in_bounded_pieces(rates: tuple[int, int]) -> None:
    resampler = Resampler(*rates)
    pieces = [*resampler.add(np.zeros((1, 4_000_000), np.float32)), *resampler.finish()]
    assert sum(piece.shape[1] for piece in pieces) == pytest.approx(
        4_000_000 * rates[1] / rates[0], abs=1
    )
    assert (
        max(piece.shape[1] for piece in pieces)
        <= PIECE_SAMPLES * max(1, rates[1] / rates[0]) + 4096
    )


def hurt(path: Path, faults: int) -> Path:
    """An AAC stream with many faults in its first half."""
    encode(path, music(20.0, channels=1), "aac", container="adts", bit_rate=64000)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    for place in np.linspace(2000, len(data) // 2, faults).astype(int):
        data[place : place + 6] = rng.bytes(6)
    path.write_bytes(data)
    return path


def test_keeping_what_is_damaged_goes_on_to_the_end(tmp_path: Path) -> None:
    path = hurt(tmp_path / "a.aac", 350)
    with pytest.raises(Unusable, match=r"at least 200 pieces cannot be decoded"):
        analysed(path)
    kept = analysed(path, keep_damaged=True)
    told = re.search(r"(\d+) pieces cannot be decoded", kept.notes[0])
    assert told
    assert int(told[1]) > 200
    assert "at least" not in kept.notes[0]
    # What is whole of it is the second half.
    assert kept.samples > 10 * 16000
    assert np.abs(samples(path)[-16000:]).max() > 1000


@pytest.mark.parametrize("gain", [3.0, 25.0, 32768.0, 2.0**31])
def test_hot_floats_are_turned_down_to_full_scale(tmp_path: Path, gain: float) -> None:
    level = gain * TUNE / np.abs(TUNE).max()
    path = wav(tmp_path / "a.wav", level.astype(np.float32), subtype="FLOAT")
    got = analysed(path)
    assert got.peak_dbfs == pytest.approx(0, abs=0.01)
    assert re.search(r"went to .* times full scale and is turned down by .* dB", got.notes[0])
    # Nothing is clipped, and its shape is as it was.
    assert len(got.notes) == 1
    fine = wav(tmp_path / "b.wav", (level / gain / 2).astype(np.float32), subtype="FLOAT")
    analysed(fine)
    assert np.corrcoef(samples(path), samples(fine))[0, 1] > 0.9999


def test_one_wild_number_is_not_sound(tmp_path: Path) -> None:
    wild = music(3.0, rate_hz=16000)
    wild[5000] = 1e9
    path = wav(tmp_path / "a.wav", wild, rate_hz=16000, subtype="FLOAT")
    with pytest.raises(Unusable, match="not sound"):
        analysed(path)


def test_lossy_codecs_may_go_a_little_beyond_full_scale(tmp_path: Path) -> None:
    loud = 1.5 * TUNE / np.abs(TUNE).max()
    path = encode(tmp_path / "a.m4a", loud.astype(np.float32), "aac", bit_rate=192_000)
    got = analysed(path)
    assert any("too loud and are clipped" in note for note in got.notes)


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_24"])
def test_quiet_recordings_are_raised_where_asked_for(tmp_path: Path, subtype: str) -> None:
    quiet = 10 ** (-70 / 20) * TUNE / np.abs(TUNE).max()
    path = wav(tmp_path / "a.wav", quiet.astype(np.float32), subtype=subtype)
    assert analysed(path).peak_dbfs < -69
    raised = analysed(path, normalise_dbfs=-1.0)
    assert raised.peak_dbfs == pytest.approx(-1, abs=0.05)
    assert raised.notes == (f"turned up by {-1 - analysed(path).peak_dbfs:.1f} dB",)
    # 16 bits of it are there, not the few that it had at its own level.
    analysed(path, normalise_dbfs=-1.0)
    assert len(np.unique(samples(path))) > 1000


def test_silence_is_not_raised(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", 0 * TUNE, subtype="FLOAT")
    assert analysed(path, normalise_dbfs=-1.0).peak_dbfs == -200


def test_levels_apply_to_the_mix(tmp_path: Path) -> None:
    left = TUNE[:, :1]
    sound = np.concatenate([left, -left], axis=1) * 10 ** (-40 / 20)
    path = wav(tmp_path / "a.wav", sound.astype(np.float32), subtype="FLOAT")
    got = analysed(path, normalise_dbfs=-3.0)
    assert got.peak_dbfs == pytest.approx(-3, abs=0.05)
    assert "out of phase" in got.notes[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only there is it limited")
def test_a_worker_refuses_what_takes_too_much_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "reverie.corpus.pool.SERVE",
        "import numpy as np, reverie.corpus.worker as w;"
        "w.analyse = lambda *a, **k: np.ones(1 << 32, np.uint8); w.serve()",
    )
    with Pool(1) as pool:
        job = Job(0, tmp_path / "a.wav", tmp_path / "a.pcm", 16000, 1, keep_damaged=False)
        ((_, answer),) = pool.run([job])
    assert answer["unusable"] == "takes more than 1 GiB of memory to decode"


def test_damage_is_still_refused(tmp_path: Path) -> None:
    path = spoil(wav(tmp_path / "a.flac", TUNE))
    with pytest.raises(Unusable, match="damaged"):
        analysed(path)
    assert analysed(path, keep_damaged=True).damaged
