"""Sounds differ in nothing but their samples."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from reverie.audio.loudness import LoudnessMeter
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.listening.design.stimuli import HIGHEST_PEAK, LOWER, UPPER
from reverie.listening.folder import ListeningTest
from tests.listening.making import CONDITIONS, RATE_HZ, SMALL, make_clips, make_test
from tests.stereo import duet


@pytest.fixture(scope="module")
def made(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> ListeningTest:
    return make_test(tmp_path_factory.mktemp("stimuli"), corpus)


def files(test: ListeningTest) -> dict[str, Path]:
    return {one.token: test.folder / "stimuli" / f"{one.token}.wav" for one in test.stimuli.stimuli}


def test_every_condition_and_anchor_is_there(made: ListeningTest) -> None:
    found = {one.condition for one in made.stimuli.stimuli}
    assert found == {*CONDITIONS, UPPER, LOWER, ""}
    assert sorted(one.name for one in (made.folder / "stimuli").iterdir()) == sorted(
        path.name for path in files(made).values()
    )


def test_all_have_one_header_one_length_and_safe_peaks(made: ListeningTest) -> None:
    contents = [path.read_bytes() for path in files(made).values()]
    assert len({len(one) for one in contents}) == 1
    assert len({one[:44] for one in contents}) == 1
    assert len(set(contents)) == len(contents)
    for path in files(made).values():
        wave, rate_hz = soundfile.read(path)
        assert rate_hz == RATE_HZ == made.stimuli.rate_hz
        assert np.abs(wave).max() <= HIGHEST_PEAK + 1e-4
        assert len(wave) == round(made.stimuli.seconds * rate_hz)
        assert np.abs(wave[[0, -1]]).max() < 1e-3, "not faded"


def test_all_are_equally_loud(made: ListeningTest) -> None:
    loudness: list[float] = []
    for path in files(made).values():
        meter = LoudnessMeter(RATE_HZ)
        meter.add(soundfile.read(path, dtype="float32")[0][None])
        measured = meter.integrated()
        assert measured is not None
        loudness.append(measured)
    assert max(loudness) - min(loudness) < 0.1


def test_names_tell_nothing(made: ListeningTest) -> None:
    for path in files(made).values():
        assert len(path.stem) >= 20
        content = path.read_bytes()
        for word in (*CONDITIONS, "walnut", "stimuli", "noise"):
            assert word.encode() not in content


def test_without_a_corpus_there_are_no_anchors(tmp_path: Path) -> None:
    made = make_test(tmp_path, None)
    assert {one.role for one in made.stimuli.conditions} == {"system"}
    assert all(trial.kind != "anchor" for order in made.orders for trial in order)


def test_short_clips_are_left_out_by_name(tmp_path: Path) -> None:
    sources = make_clips(tmp_path)
    short = sources[0] / "short.wav"
    soundfile.write(short, np.ones(800) * 0.1, RATE_HZ)
    made = ListeningTest.make(sources, tmp_path / "test", SMALL, None, quiet=True)
    assert made.stimuli.left_out == (f"{short}: 0.1 s are too short",)


def test_silence_stays_and_is_heard_as_such(tmp_path: Path) -> None:
    sources = make_clips(tmp_path)
    soundfile.write(sources[0] / "silent.wav", np.zeros(2 * RATE_HZ), RATE_HZ)
    made = ListeningTest.make(sources, tmp_path / "test", SMALL, None, quiet=True)
    silent = next(one.token for one in made.stimuli.stimuli if one.name == "silent.wav")
    assert not soundfile.read(tmp_path / "test" / "stimuli" / f"{silent}.wav")[0].any()


def test_other_rates_and_channels_are_brought_to_one(tmp_path: Path) -> None:
    sources = make_clips(tmp_path)
    soundfile.write(sources[1] / "fast.flac", np.full((2 * 22050, 2), 0.1), 22050)
    made = ListeningTest.make(sources, tmp_path / "test", SMALL, None, quiet=True)
    assert made.stimuli.rate_hz == 22050
    assert len({path.stat().st_size for path in files(made).values()}) == 1


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda folder: (folder / "zebra-model" / "bad.wav").write_text("no"), "bad.wav"),
        (lambda folder: [one.unlink() for one in (folder / "yak-model").iterdir()], "holds no"),
        (lambda folder: (folder / "walrus-model").rename(folder / "other"), "walrus-model"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_left(
    tmp_path: Path, break_it: object, says: str
) -> None:
    sources = make_clips(tmp_path)
    assert callable(break_it)
    break_it(tmp_path)
    with pytest.raises(ReverieError, match=says):
        ListeningTest.make(sources, tmp_path / "test", SMALL, None, quiet=True)
    assert not (tmp_path / "test").exists()
    assert not list(tmp_path.glob(".*partial"))


def test_a_condition_without_long_clips_is_refused(tmp_path: Path) -> None:
    settings = replace(SMALL, shortest_seconds=5.0, seconds=6.0)
    with pytest.raises(ReverieError, match="zebra-model has no clip of 5 s"):
        ListeningTest.make(make_clips(tmp_path), tmp_path / "test", settings, None, quiet=True)


def test_a_test_is_never_made_over_something(tmp_path: Path) -> None:
    made = make_test(tmp_path, None)
    with pytest.raises(ReverieError, match="already exists"):
        make_test(tmp_path, None)
    assert ListeningTest.open(made.folder) == made


def test_damaged_tests_are_named(tmp_path: Path) -> None:
    made = make_test(tmp_path, None)
    with pytest.raises(ReverieError, match="not a listening test"):
        ListeningTest.open(tmp_path)
    database = made.folder / "answers.sqlite"
    database.write_bytes(b"no database at all" * 100)
    with pytest.raises(ReverieError, match=r"answers.sqlite is damaged"):
        ListeningTest.open(made.folder)
    database.unlink()
    with pytest.raises(ReverieError, match=r"answers.sqlite is missing"):
        ListeningTest.open(made.folder)


def test_where_one_is_stereo_all_are_and_equally_loud(corpus: Corpus, tmp_path: Path) -> None:
    sources = make_clips(tmp_path)
    for path in sources[0].iterdir():
        seconds = soundfile.info(path).duration
        soundfile.write(path, 0.3 * duet(seconds, RATE_HZ), RATE_HZ)
    made = ListeningTest.make(sources, tmp_path / "test", SMALL, corpus.folder, quiet=True)
    loudness: list[float] = []
    sides: dict[str, bool] = {}
    for one in made.stimuli.stimuli:
        wave, _ = soundfile.read(files(made)[one.token], dtype="float32")
        assert wave.shape[1] == 2
        sides[one.condition] = bool((wave[:, 0] == wave[:, 1]).all())
        meter = LoudnessMeter(RATE_HZ, 2)
        meter.add(wave.T)
        loudness.append(meter.integrated() or 0.0)
    assert max(loudness) - min(loudness) < 0.1
    assert sides == {name: name != CONDITIONS[0] for name in sides}
