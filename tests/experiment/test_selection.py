"""An experiment that has too little held out names the option that helps."""

from pathlib import Path

import pytest

from reverie.errors import ReverieError
from reverie.experiment.selection import part_held_out
from tests.corpus.test_prepare import make, tune


@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_the_option_gives_two(tmp_path: Path, count: int) -> None:
    for number in range(count):
        tune(tmp_path / "music" / f"{number}.wav", number)
    corpus = make(tmp_path / "music", tmp_path / "corpus")
    with pytest.raises(ReverieError, match="train_fraction") as refused:
        part_held_out(corpus)
    fraction = float(refused.value.remedy.rpartition("=")[2].rstrip("`."))
    again = make(tmp_path / "music", tmp_path / "corpus", train_fraction=fraction)
    found = part_held_out(again)
    assert len(found.selection) == len(found.prompts) == 1


def test_two_are_never_enough(tmp_path: Path) -> None:
    for number in range(2):
        tune(tmp_path / "music" / f"{number}.wav", number)
    with pytest.raises(ReverieError, match="three recordings"):
        part_held_out(make(tmp_path / "music", tmp_path / "corpus"))
