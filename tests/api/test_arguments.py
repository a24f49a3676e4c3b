"""Arguments of a wrong kind are refused by name, with what to give instead."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie

WRONG = [None, 3, [], [1], {"a": 1}, b"bytes", "", "a\0b", object(), np.zeros(3)]
"""No path, no corpus, no run and no clips."""

CALLS: dict[str, tuple[Callable[[Any], object], str]] = {
    "prepare": (reverie.prepare, "recordings"),
    "open_corpus": (reverie.open_corpus, "folder"),
    "corpus_of": (reverie.corpus_of, "corpus"),
    "train": (reverie.train, "corpus"),
    "estimate": (reverie.estimate, "corpus"),
    "load": (reverie.load, "folder"),
    "list_runs": (reverie.list_runs, "folder"),
    "list_corpora": (reverie.list_corpora, "folder"),
    "run_experiment": (lambda wrong: reverie.run_experiment("paper", wrong), "corpus"),
    "listening_test": (reverie.listening_test, "sources"),
    "trim": (reverie.trim, "clip"),
    "save": (lambda wrong: reverie.save(wrong, "out"), "clips"),
    "save to": (lambda wrong: reverie.save("clips", wrong), "to"),
    "self_test": (lambda wrong: reverie.self_test("damage", wrong), "corpus"),
    "evaluate": (lambda wrong: reverie.evaluate({"a": "clips"}, wrong), "corpus"),
    "architectures": (reverie.architectures, "recipe"),
    "run_demo": (reverie.run_demo, "out"),
    "Clip.open": (reverie.Clip.open, "path"),
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: type(wrong).__name__)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_path(name: str, wrong: object) -> None:
    call, argument = CALLS[name]
    with pytest.raises(reverie.ReverieError, match=argument) as refused:
        call(wrong)
    assert refused.value.remedy


@pytest.mark.parametrize("wrong", [3, [1], "text"], ids=repr)
def test_settings_that_are_no_dict(wrong: Any) -> None:
    with pytest.raises(reverie.ReverieError, match="settings is of the kind"):
        reverie.architectures("paper", wrong)


@pytest.mark.parametrize("wrong", [5, None, ("model", "hidden")], ids=repr)
def test_settings_whose_names_are_no_text(wrong: Any) -> None:
    with pytest.raises(reverie.ReverieError, match="has no name"):
        reverie.architectures("paper", {wrong: 1})


@pytest.mark.parametrize("rate_hz", [-1, 0, 100, 1 << 40])
def test_a_rate_that_no_corpus_has(rate_hz: int) -> None:
    with pytest.raises(reverie.ReverieError, match="setting rate_hz is wrong"):
        reverie.architectures("paper", rate_hz=rate_hz)


@pytest.mark.parametrize(
    "wrong", [None, 3, "", [], {}, {"a": 3}, {"a": []}, {3: "clips"}], ids=repr
)
def test_what_is_no_clips(wrong: Any, corpus_folder: Path) -> None:
    with pytest.raises(reverie.ReverieError, match=r"systems|nothing to judge"):
        reverie.evaluate(wrong, corpus_folder)
