"""Settings come as keywords, by section or by dotted name, and mistakes are named."""

from typing import Any

import pytest

from reverie.api.keywords import dotted, prompt_names
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.generation.settings import GenerationSettings
from reverie.runs.settings import Recipe


@pytest.mark.parametrize(
    ("settings", "keywords"),
    [
        (None, {"hidden": 5, "epochs": 7}),
        (None, {"model": {"hidden": 5}, "training": {"epochs": 7}}),
        ({"model.hidden": 5, "training.epochs": 7}, {}),
        ({"hidden": 5, "epochs": 7}, {}),
        ({"model": {"hidden": 5}}, {"epochs": 7}),
        ({"model.hidden": 1, "training.epochs": 7}, {"hidden": 5}),
        (None, {"model.hidden": 5, "training.epochs": 7}),
    ],
)
def test_every_way_says_the_same(settings: dict[str, Any] | None, keywords: dict[str, Any]) -> None:
    chosen = dotted(Recipe, settings, keywords, "train")
    assert chosen == {"model.hidden": 5, "training.epochs": 7}


def test_settings_without_sections() -> None:
    assert dotted(PrepareSettings, None, {"rate_hz": 8000}, "prepare") == {"rate_hz": 8000}
    assert dotted(GenerationSettings, {"count": 2}, {}, "generate") == {"count": 2}


@pytest.mark.parametrize(
    ("settings", "keywords", "said"),
    [
        (None, {"hiden": 5}, "train: there is no setting hiden. Did you mean hidden?"),
        ({"hiden": 5}, {}, "train: there is no setting hiden. Did you mean hidden?"),
        ({"model.hiden": 5}, {}, "no setting model.hiden. Did you mean model.hidden?"),
        (None, {"model": {"hiden": 5}}, "no setting model.hiden. Did you mean model.hidden?"),
        (None, {"model": 5}, "train: model is a section of settings. Write model={...}."),
        (None, {"xyzzy": 1}, "no setting xyzzy. Known: "),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(
    settings: dict[str, Any] | None, keywords: dict[str, Any], said: str
) -> None:
    with pytest.raises(ReverieError) as caught:
        dotted(Recipe, settings, keywords, "train")
    assert said in str(caught.value)


def test_a_name_of_two_settings_is_refused() -> None:
    from dataclasses import dataclass, field

    @dataclass
    class One:
        size: int = 1

    @dataclass
    class Two:
        size: int = 2

    @dataclass
    class Both:
        one: One = field(default_factory=One)
        two: Two = field(default_factory=Two)

    with pytest.raises(ReverieError, match=r"size stands for one\.size and two\.size"):
        dotted(Both, None, {"size": 3}, "both")
    assert dotted(Both, {"one.size": 3}, {"two": {"size": 4}}, "both") == {
        "one.size": 3,
        "two.size": 4,
    }


def test_prompts_by_name() -> None:
    from pathlib import Path

    assert prompt_names(None) == ["nothing"]
    assert prompt_names("held-out") == ["held-out"]
    assert prompt_names(Path("a.wav")) == ["a.wav"]
    assert prompt_names(["a.wav", Path("b.wav")]) == ["a.wav", "b.wav"]
    with pytest.raises(ReverieError, match="empty list"):
        prompt_names([])
