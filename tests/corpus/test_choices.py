"""What a person chooses of single recordings: left out, held out, trained on."""

from pathlib import Path
from typing import Any

import pytest

from reverie.corpus.choices import CHOSEN
from reverie.corpus.corpus import Corpus
from reverie.corpus.journal import NAME as JOURNAL
from reverie.corpus.manifest import LeftOut
from reverie.corpus.nothing_usable import NothingUsable
from reverie.corpus.pool import Pool
from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.corpus.split import split_of
from reverie.errors import ReverieError
from tests.audio.making import music, wav


def make(recordings: Path, out: Path, **changes: Any) -> Corpus:
    return prepare(recordings, out, PrepareSettings(**changes), processes=1, quiet=True)


def held_out(corpus: Corpus) -> list[str]:
    return [recording.path for recording in corpus.of_split("held-out")]


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    folder = tmp_path / "tunes"
    (folder / "b").mkdir(parents=True)
    for number, name in enumerate(("a0", "a1", "a2", "b/3", "b/4")):
        wav(folder / f"{name}.wav", music(3.0, seed=number, rate_hz=16000), rate_hz=16000)
    return folder


def test_a_recording_and_a_folder_are_left_out(tunes: Path, tmp_path: Path) -> None:
    corpus = make(tunes, tmp_path / "corpus", leave_out=("a1.wav", "b"))
    assert [recording.path for recording in corpus.recordings] == ["a0.wav", "a2.wav"]
    assert corpus.left_out == tuple(
        LeftOut(path, CHOSEN) for path in ("a1.wav", "b/3.wav", "b/4.wav")
    )
    assert corpus.settings["leave_out"] == ("a1.wav", "b")


def test_what_is_left_out_is_not_decoded_and_kept_if_it_was(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "corpus"
    make(tunes, out, leave_out=("a1.wav",))
    assert '"a1.wav"' not in (out / JOURNAL).read_text()
    make(tunes, out)
    make(tunes, out, leave_out=("a0.wav",))
    monkeypatch.setattr(Pool, "run", lambda *_: pytest.fail("nothing is new"))
    assert len(make(tunes, out).recordings) == 5


def test_a_choice_counts_over_the_rank(tunes: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    usual = held_out(make(tunes, out, balanced=False))
    assert len(usual) == 1
    others = [name for name in ("a0.wav", "a1.wav", "a2.wav") if name not in usual]
    assert held_out(make(tunes, out, hold_out=others[:1])) == others[:1]
    assert held_out(make(tunes, out, hold_out=others)) == others
    assert usual != held_out(make(tunes, out, train_on=tuple(usual))) != []


def test_a_recording_counts_over_its_folder(tunes: Path, tmp_path: Path) -> None:
    corpus = make(tunes, tmp_path / "corpus", hold_out=("b",), train_on=("b/3.wav",))
    assert "b/4.wav" in held_out(corpus)
    assert "b/3.wav" not in held_out(corpus)


def test_paths_from_the_current_folder_are_known(
    tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = make(Path(tunes.name), Path("corpus"), leave_out=("tunes/b/", "./a0.wav"))
    assert corpus.settings["leave_out"] == ("b", "a0.wav")


@pytest.mark.parametrize("name", ["a9.wav", "../tunes-b", "", "/etc"])
def test_a_name_that_is_not_there(name: str, tunes: Path, tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="is not in") as raised:
        make(tunes, tmp_path / "corpus", hold_out=(name,))
    assert "hold_out" in raised.value.remedy


def test_two_wishes_for_one_recording(tunes: Path, tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=r"a0\.wav is to be held out and to be trained on"):
        make(tunes, tmp_path / "corpus", hold_out=("a0.wav",), train_on=("a0.wav",))


def test_something_must_be_left_to_train_on(tunes: Path, tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="all recordings are to be held out"):
        make(tunes, tmp_path / "corpus", hold_out=("a0.wav", "a1.wav", "a2.wav", "b"))


def test_all_left_out_is_nothing(tunes: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingUsable):
        make(tunes, tmp_path / "corpus", leave_out=("a0.wav", "a1.wav", "a2.wav", "b"))


def test_a_long_recording_that_was_chosen_is_not_divided(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    wav(folder / "long.wav", music(70.0, seed=1, rate_hz=8000), rate_hz=8000)
    wav(folder / "short.wav", music(3.0, seed=2, rate_hz=8000), rate_hz=8000)
    settings: dict[str, Any] = {"rate_hz": 8000, "balanced": True}
    assert len(make(folder, tmp_path / "usual", **settings).recordings) == 3
    corpus = make(folder, tmp_path / "chosen", train_on=("long.wav",), **settings)
    assert {one.path: one.split for one in corpus.recordings} == {
        "long.wav": "train", "short.wav": "held-out",
    }  # fmt: skip


def test_the_chosen_are_part_of_the_share() -> None:
    hashes = [str(number) for number in range(10)]
    usual = split_of(hashes, 0.8, 0)
    trained = [one for one, split in usual.items() if split == "train"]
    split = split_of(hashes, 0.8, 0, chosen={trained[0]: "held-out"})
    assert split[trained[0]] == "held-out"
    assert list(split.values()).count("held-out") == 2
