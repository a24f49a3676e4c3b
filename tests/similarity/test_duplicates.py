"""The same recording in another encoding is found; what other recordings share is no evidence."""

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from reverie.audio.pcm import to_float32, to_int16
from reverie.audio.reading.decode import load
from reverie.similarity.compared import FILE
from reverie.similarity.duplicates import NEAREST, Candidate, find_duplicates
from reverie.similarity.fingerprint import Fingerprinter
from reverie.similarity.same_recording import sounds_the_same
from tests.audio.making import encode, music

RATE_HZ = 16000

Wave = NDArray[np.float64]


def pcm(path: Path) -> NDArray[np.int16]:
    return to_int16(load(path, RATE_HZ)[0])


def time(seconds: float, rate_hz: int = RATE_HZ) -> Wave:
    return np.arange(round(seconds * rate_hz)) / rate_hz


def noise(seed: int, seconds: float, rate_hz: int = RATE_HZ) -> Wave:
    return np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))


def partials(pitch_hz: float, t: Wave, turn: float = 0.0) -> Wave:
    return sum(
        (np.sin(2 * np.pi * k * pitch_hz * t + k * turn) / k for k in range(1, 8)), np.zeros(len(t))
    )


def hum(mains_hz: float, t: Wave) -> Wave:
    waves = [np.sin(2 * np.pi * k * mains_hz * t + k) / k**2 for k in range(1, 6)]
    return 0.3 * np.sum(waves, axis=0)


def tune(seed: int, seconds: float) -> Wave:
    return music(seconds, seed=seed, rate_hz=RATE_HZ)[:, 0].astype(np.float64)


def clicks(t: Wave) -> Wave:
    since = t % 0.5
    return 0.7 * np.sin(2 * np.pi * 1500 * t) * np.exp(-300 * since)


def random_phases(seed: int, t: Wave) -> Wave:
    turns = np.random.default_rng(seed).uniform(0, 2 * np.pi, 8)
    waves = [np.sin(2 * np.pi * 110 * k * t + turns[k]) / k for k in range(1, 8)]
    return 0.2 * np.sum(waves, axis=0)


SHARED: dict[str, Callable[[int, float], Wave]] = {
    "offset": lambda seed, s: 0.02 + 0.005 * noise(seed, s),
    "offset and quiet music": lambda seed, s: 0.3 + 0.01 * tune(seed, s),
    "hum of 50 Hz": lambda seed, s: hum(50, time(s)) + 0.003 * noise(seed, s),
    "hum of 60 Hz": lambda seed, s: hum(60, time(s) + seed / 777) + 0.003 * noise(seed, s),
    "hum and music": lambda seed, s: hum(50, time(s)) + 0.1 * tune(seed, s),
    "drone": lambda seed, s: 0.2 * partials(110, time(s)) + 0.002 * noise(seed, s),
    "drone and music": lambda seed, s: 0.2 * partials(110, time(s)) + 0.3 * tune(seed, s),
    "organ": lambda seed, s: random_phases(seed, time(s)),
    "tone": lambda seed, s: 0.3 * np.sin(2 * np.pi * 440 * time(s) + seed),
    "tone, hiss": lambda seed, s: 0.3 * np.sin(2 * np.pi * 440 * time(s)) + 1e-3 * noise(seed, s),
    "tuning fork": lambda seed, s: (
        0.3 * np.sin(2 * np.pi * 440 * time(s)) * np.exp(-0.3 * time(s)) + 1e-3 * noise(seed, s)
    ),
    "tones louder or softer": lambda seed, s: (
        (0.1 + 0.1 * seed) * np.sin(2 * np.pi * 440 * time(s))
    ),
    "tones that fade in and out": lambda seed, s: (
        0.3
        * np.sin(2 * np.pi * 440 * time(s) + seed)
        * np.minimum(1, 50 * np.minimum(time(s), s - time(s)))
    ),
    "tremolo": lambda seed, s: (
        0.2 * partials(220, time(s)) * (1 + 0.2 * np.sin(2 * np.pi * 4 * time(s) + 1.3 * seed))
    ),
    "rain": lambda seed, s: 0.1 * noise(seed, s),
    "metronome, hiss": lambda seed, s: clicks(time(s)) + 0.002 * noise(seed, s),
    "metronome, music": lambda seed, s: clicks(time(s)) + 0.2 * tune(seed, s),
    "synth patch": lambda seed, s: (
        0.2 * partials(220 * 2 ** (seed / 12), time(s)) * np.exp(-time(s))
    ),
    "synth patch, one pitch": lambda seed, s: (
        0.2 * partials(220, time(s)) * np.exp(-time(s)) + 2e-3 * noise(seed, s)
    ),
    "cents apart": lambda seed, s: 0.2 * partials(220 * 2 ** (seed / 90), time(s)),
    "music": tune,
}


@pytest.mark.parametrize("seconds", [0.3, 2.0, 8.0])
@pytest.mark.parametrize("kind", SHARED)
def test_what_recordings_share_is_no_evidence(kind: str, seconds: float) -> None:
    waves = [to_int16(SHARED[kind](seed, seconds).astype(np.float32)) for seed in range(4)]
    for one, other in combinations(waves, 2):
        assert not sounds_the_same(one, other, RATE_HZ)


@pytest.mark.parametrize("kind", ["tone, hiss", "hum and music", "drone and music"])
def test_nor_is_it_in_an_encoding(tmp_path: Path, kind: str) -> None:
    waves = [
        pcm(coded(tmp_path / f"{seed}.mp3", SHARED[kind](seed, 3.0), "libmp3lame", 96000))
        for seed in range(2)
    ]
    assert not sounds_the_same(waves[0], waves[1], RATE_HZ)


def coded(path: Path, wave: Wave, codec: str, bit_rate: int) -> Path:
    """Encode samples at the corpus's rate; FFmpeg's encoders know it all."""
    sound = wave.astype(np.float32)[:, None]
    return encode(path, sound, codec, rate_hz=RATE_HZ, bit_rate=bit_rate)


def struck(seed: int, seconds: float) -> Wave:
    """A note with a little noise, as of a plucked string."""
    t = time(seconds)
    pluck = 0.2 * noise(seed, seconds) * np.exp(-60 * t)
    decay = np.exp(-3 * t)
    return (
        0.2 * partials(110 * 2 ** (seed / 7), t) * decay + pluck + 1e-3 * noise(seed + 9, seconds)
    )


RECORDINGS: dict[str, Wave] = {
    "a note of 0.3 s": struck(1, 0.3),
    "a note of 2 s": struck(2, 2.0),
    "a strike": 0.5 * noise(3, 1.0) * np.exp(-10 * time(1.0)),
    "rain": 0.1 * noise(4, 3.0),
    "music of 5 s": tune(5, 5.0),
    "music of 14 s": tune(6, 14.0),
    "music and hum": 0.3 * tune(7, 7.0) + hum(50, time(7.0)),
    "a strike and a rest": np.append(0.5 * noise(8, 2.0) * np.exp(-5 * time(2.0)), np.zeros(96000)),
}


@pytest.fixture(params=RECORDINGS)
def recording(request: pytest.FixtureRequest) -> Wave:
    return RECORDINGS[request.param]


def as_pcm(wave: Wave) -> NDArray[np.int16]:
    return to_int16(wave.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "codec", "bit_rate"),
    [
        ("a.mp3", "libmp3lame", 128000),
        ("a.mp3", "libmp3lame", 64000),
        ("a.opus", "libopus", 64000),
        ("a.m4a", "aac", 96000),
    ],
)
def test_another_encoding_is_the_same(
    tmp_path: Path, recording: Wave, name: str, codec: str, bit_rate: int
) -> None:
    found = pcm(coded(tmp_path / name, recording, codec, bit_rate))
    assert sounds_the_same(as_pcm(recording), found, RATE_HZ)
    assert sounds_the_same(found, as_pcm(recording), RATE_HZ)


@pytest.mark.parametrize("codec", ["mp3 after opus", "vorbis", "24 bits", "stereo", "another rate"])
def test_other_files_are_the_same(tmp_path: Path, recording: Wave, codec: str) -> None:
    path = tmp_path / "a.wav"
    one, rate_hz = as_pcm(recording), RATE_HZ
    match codec:
        case "mp3 after opus":
            one = pcm(coded(tmp_path / "a.opus", recording, "libopus", 96000))
            path = coded(tmp_path / "a.mp3", recording, "libmp3lame", 96000)
        case "vorbis":
            path = tmp_path / "a.ogg"
            soundfile.write(path, recording, rate_hz, format="OGG", subtype="VORBIS")
        case "24 bits":
            soundfile.write(path, 0.7 * recording, rate_hz, subtype="PCM_24")
        case "stereo":
            sides = np.stack([recording, 0.4 * recording], axis=1)
            soundfile.write(path, 0.7 * sides, rate_hz)
        case _:
            soundfile.write(
                path, soxr.resample(recording.astype(np.float32), rate_hz, 22050), 22050
            )
    assert sounds_the_same(one, pcm(path), RATE_HZ)


@pytest.mark.parametrize(
    ("shift", "level"), [(0, 0.3), (0, -0.05), (1105, 1.0), (1105, -1.0), (4000, 0.3)]
)
def test_level_delay_and_polarity_do_not_matter(recording: Wave, shift: int, level: float) -> None:
    dither = 2**-16 * np.random.default_rng(0).triangular(-1, 0, 1, len(recording))
    moved = np.concatenate([np.zeros(shift), recording * level + dither])
    assert sounds_the_same(as_pcm(recording), as_pcm(moved), RATE_HZ)
    assert sounds_the_same(as_pcm(moved), as_pcm(recording), RATE_HZ)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 48000])
def test_any_rate_will_do(rate_hz: int) -> None:
    one, other = (music(9.0, seed=seed, rate_hz=rate_hz)[:, 0] for seed in (1, 2))
    late = np.append(np.zeros(rate_hz // 5, np.float32), 0.5 * one)
    assert sounds_the_same(to_int16(one), to_int16(late), rate_hz)
    assert not sounds_the_same(to_int16(one), to_int16(other), rate_hz)


def test_the_same_beginning_is_not_the_same_piece() -> None:
    for seconds in (3.0, 9.0, 30.0):
        one, other = tune(1, seconds), tune(2, seconds)
        cut = round(0.6 * len(one))
        mixed = np.concatenate([one[:cut], other[cut:]])
        assert not sounds_the_same(as_pcm(one), as_pcm(mixed), RATE_HZ)


def test_what_only_one_of_them_has_counts() -> None:
    strike = struck(1, 0.3)
    longer = np.append(strike, struck(2, 0.3))
    assert sounds_the_same(as_pcm(strike), as_pcm(np.append(strike, np.zeros(4800))), RATE_HZ)
    assert not sounds_the_same(as_pcm(strike), as_pcm(longer), RATE_HZ)
    assert not sounds_the_same(as_pcm(longer), as_pcm(strike), RATE_HZ)


def test_silence_is_like_nothing() -> None:
    for samples in (0, 1, 100, 5 * RATE_HZ, 20 * RATE_HZ):
        silence, step = np.zeros(samples, np.int16), np.full(samples, 999, np.int16)
        assert not sounds_the_same(silence, silence, RATE_HZ)
        assert not sounds_the_same(step, step, RATE_HZ)
        assert not sounds_the_same(silence, step, RATE_HZ)


class Shelf:
    """Recordings to search, which count how often their samples are asked for."""

    def __init__(self, waves: list[NDArray[np.int16]]) -> None:
        self.asked = 0
        self.waves = waves

    def candidates(self, *, fingerprints: bool = True) -> list[Candidate]:
        return [
            Candidate(
                path=f"{number:04d}",
                content_hash=f"{number:064x}",
                fingerprint=fingerprint(wave) if fingerprints else "0" * 96,
                samples=len(wave),
                wave=lambda wave=wave: self._ask(wave),
            )
            for number, wave in enumerate(self.waves)
        ]

    def _ask(self, wave: NDArray[np.int16]) -> NDArray[np.int16]:
        self.asked += 1
        return wave


def fingerprint(wave: NDArray[np.int16]) -> str:
    measure = Fingerprinter(RATE_HZ)
    measure.add(to_float32(wave))
    return measure.fingerprint()


def rains(count: int, seconds: float = 0.2) -> list[NDArray[np.int16]]:
    """Noises that a fingerprint can hardly tell apart."""
    return [as_pcm(0.1 * noise(seed, seconds)) for seed in range(count)]


def test_comparisons_grow_with_the_recordings_and_not_with_their_pairs() -> None:
    asked: list[int] = []
    for count in (60, 120, 240):
        shelf = Shelf(rains(count))
        assert find_duplicates(shelf.candidates(), RATE_HZ, quiet=True) == {}
        asked.append(shelf.asked // 2)
        assert 0 < asked[-1] <= NEAREST * count
    assert asked[2] <= 2.5 * asked[1] <= 2.5**2 * asked[0]


def test_a_copy_is_found_among_many_that_are_near() -> None:
    waves = rains(200)
    waves += [-(waves[place] // 2) for place in (7, 90, 199)]
    found = find_duplicates(Shelf(waves).candidates(), RATE_HZ, quiet=True)
    assert found == {"0200": "0007", "0201": "0090", "0202": "0199"}


def test_many_copies_are_one_recording() -> None:
    wave = tune(1, 2.0)
    waves = [as_pcm(wave * 0.9**number) for number in range(30)]
    shelf = Shelf([*waves, as_pcm(tune(2, 2.0))])
    found = find_duplicates(shelf.candidates(), RATE_HZ, quiet=True)
    assert found == {f"{number:04d}": "0000" for number in range(1, 30)}


def test_the_same_bits_need_no_comparison() -> None:
    one, other = Shelf(rains(1)).candidates() * 2
    twin = Candidate("0001", other.content_hash, other.fingerprint, other.samples, other.wave)
    assert find_duplicates([one, twin], RATE_HZ, quiet=True) == {"0001": "0000"}


def test_nothing_is_compared_twice(tmp_path: Path) -> None:
    waves = [*rains(40), as_pcm(tune(1, 2.0)), as_pcm(0.4 * tune(1, 2.0))]
    first = Shelf(waves)
    found = find_duplicates(first.candidates(), RATE_HZ, kept=tmp_path, quiet=True)
    assert found == {"0041": "0040"}
    again = Shelf(waves)
    assert find_duplicates(again.candidates(), RATE_HZ, kept=tmp_path, quiet=True) == found
    assert again.asked == 0
    more = Shelf([*waves, as_pcm(0.2 * tune(1, 2.0)), as_pcm(0.1 * noise(99, 0.2))])
    found = find_duplicates(more.candidates(), RATE_HZ, kept=tmp_path, quiet=True)
    assert found == {"0041": "0040", "0042": "0040"}
    assert 0 < more.asked < first.asked / 2


def test_an_interrupted_search_goes_on_from_there(tmp_path: Path) -> None:
    whole = Shelf(rains(40))
    find_duplicates(whole.candidates(), RATE_HZ, quiet=True)

    class Interrupted(Shelf):
        def _ask(self, wave: NDArray[np.int16]) -> NDArray[np.int16]:
            if self.asked == whole.asked // 2:
                raise KeyboardInterrupt
            return super()._ask(wave)

    with pytest.raises(KeyboardInterrupt):
        find_duplicates(Interrupted(rains(40)).candidates(), RATE_HZ, kept=tmp_path, quiet=True)
    rest = Shelf(rains(40))
    assert find_duplicates(rest.candidates(), RATE_HZ, kept=tmp_path, quiet=True) == {}
    assert 0 < rest.asked <= whole.asked - whole.asked // 2 + 2


def damages(text: str) -> Iterator[str]:
    yield from ("", "[]", "null", "{", "[" * 100_000, text[: len(text) // 2])
    yield text.replace('"pairs": [[', '"pairs": [[999999, 0, 1], [')
    yield text.replace('"pairs": [[', '"pairs": [["a", {}, 1], [')
    yield text.replace('"pairs"', '"other"')
    yield text.replace('"recordings": [', '"recordings": [7, ')


def test_damage_to_what_was_kept_only_costs_time(tmp_path: Path) -> None:
    waves = [*rains(5), as_pcm(tune(1, 2.0)), as_pcm(0.4 * tune(1, 2.0))]
    candidates = Shelf(waves).candidates()
    found = find_duplicates(candidates, RATE_HZ, kept=tmp_path, quiet=True)
    whole = (tmp_path / FILE).read_text()
    for damaged in damages(whole):
        (tmp_path / FILE).write_text(damaged)
        assert find_duplicates(candidates, RATE_HZ, kept=tmp_path, quiet=True) == found


def test_fingerprints_of_an_older_version_are_made_again() -> None:
    waves = [*rains(5), as_pcm(tune(1, 2.0)), as_pcm(0.4 * tune(1, 2.0))]
    candidates = Shelf(waves).candidates(fingerprints=False)
    assert find_duplicates(candidates, RATE_HZ, quiet=True) == {"0006": "0005"}
