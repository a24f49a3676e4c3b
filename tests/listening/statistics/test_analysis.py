"""The whole analysis: what it concludes, what it writes, and what it makes of odd panels."""

import dataclasses
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from reverie.errors import ReverieError
from reverie.listening.panel import Condition, Panel, Rating
from reverie.listening.report import write_results
from reverie.listening.statistics.analysis import Analysis, analyse, as_json
from reverie.listening.statistics.conclusions import REHEARSAL
from tests.browser import visit
from tests.listening.panels import Listeners, preferred, rated, simulated_scores


def analysed(panel: Panel) -> Analysis:
    return analyse(panel, np.random.default_rng(0))


def said(panel: Panel) -> str:
    return " ".join(analysed(panel).conclusions)


def three_systems(participants: int = 10) -> Panel:
    scores = simulated_scores(np.random.default_rng(5), participants, 10, [2.0, 3.3, 3.4])
    return rated(scores, anchors=True)


def with_one_left_out() -> Panel:
    panel = three_systems()
    wrong = Rating("p3", "attention", "", "beeps", 1, 4)
    stranger = Rating("p77", "test", "A", "A0", 5)
    return dataclasses.replace(panel, ratings=(*panel.ratings, wrong, stranger))


def renamed(panel: Panel) -> Panel:
    """Conditions with names that markup and mathematics would choke on."""
    odd = {"A": "<b>a-1</b> $x^", "B": "b $y_$ & c"}
    conditions = [Condition(odd.get(one.name, one.name), one.role) for one in panel.conditions]
    ratings = [
        dataclasses.replace(one, condition=odd.get(one.condition, one.condition))
        for one in panel.ratings
    ]
    return dataclasses.replace(panel, conditions=tuple(conditions), ratings=tuple(ratings))


def test_conclusions_in_words() -> None:
    found = analysed(three_systems()).conclusions
    text = " ".join(found)
    assert found[0] == REHEARSAL
    assert "10 of 10 invited listeners answered, 10 of them every test trial." in found
    assert "is rated" in text
    assert "points higher than A (95 % interval" in text
    assert "after Holm's correction for 3 pairs" in text
    assert "Not told apart: " in text
    assert "Not told apart is not equal" in text
    assert "points would be found about four times in five" in text
    assert "The anchors came out in order, the lower at 1.0 and the upper at 5.0" in text


def test_peoples_ratings_are_no_rehearsal(tmp_path: Path) -> None:
    panel = dataclasses.replace(three_systems(), rehearsal=False)
    found = analysed(panel)
    assert REHEARSAL not in found.conclusions
    page = write_results(found, panel, tmp_path).read_text().lower()
    assert "rehearsal" not in page
    told = json.loads((tmp_path / "results.json").read_text())
    assert (told["rehearsal"], told["note"]) == (False, None)


def test_results_with_the_rule_and_without() -> None:
    found = analysed(with_one_left_out())
    assert [one.participant for one in found.exclusion.left_out] == ["p3", "p77"]
    assert found.kept is not None
    assert (found.kept.participants, found.everyone.participants) == (9, 11)
    assert (found.kept.answers, found.everyone.answers) == (270, 301)
    assert (found.began, found.everyone.finished) == (11, 10)
    text = " ".join(found.conclusions)
    assert "left out 2; what follows rests on the 270 answers of 9 listeners." in text
    assert "With everyone's answers, nobody left out, the same pairs are told apart." in text


def test_a_rule_that_leaves_nobody() -> None:
    panel = dataclasses.replace(three_systems(), test_trials=1000)
    found = analysed(panel)
    assert found.kept is None
    assert "leaves nobody" in " ".join(found.conclusions)


def test_anchors_the_wrong_way_round_are_distrusted() -> None:
    panel = three_systems()
    swapped = {"music": "noise", "noise": "music"}
    ratings = tuple(
        dataclasses.replace(one, condition=swapped.get(one.condition, one.condition))
        for one in panel.ratings
    )
    lenient = dataclasses.replace(panel.rule, anchors_in_order=False)
    assert "in the wrong order" in said(dataclasses.replace(panel, ratings=ratings, rule=lenient))


def test_the_same_seed_gives_the_same_figures() -> None:
    assert as_json(analysed(three_systems())) == as_json(analysed(three_systems()))


def test_nobody_has_answered() -> None:
    for panel in (three_systems(), preferred(np.random.default_rng(0), 2, 2, [0.0, 0.0])):
        none = dataclasses.replace(panel, ratings=(), preferences=())
        with pytest.raises(ReverieError, match="nobody has answered yet"):
            analysed(none)
    practice = dataclasses.replace(panel, ratings=(Rating("p0", "practice", "A", "A0", 3),))
    with pytest.raises(ReverieError, match="nobody has answered yet"):
        analysed(dataclasses.replace(practice, mode="rating"))


def missing_condition() -> Panel:
    panel = three_systems(4)
    return dataclasses.replace(panel, conditions=(*panel.conditions, Condition("D", "system")))


ODD: dict[str, Callable[[], Panel]] = {
    "one participant": lambda: rated(simulated_scores(np.random.default_rng(1), 1, 6, [2.0, 4.0])),
    "one system": lambda: rated(simulated_scores(np.random.default_rng(1), 5, 6, [3.0])),
    "one clip": lambda: rated(simulated_scores(np.random.default_rng(1), 5, 1, [2.0, 3.0, 4.0])),
    "one rating": lambda: rated(np.array([[[3.0]]])),
    "two participants": lambda: three_systems(2),
    "all equal": lambda: rated(np.full((5, 3, 4), 3.0), anchors=True),
    "equal within systems": lambda: rated(np.array([[[1.0, 1], [5, 5]]] * 4)),
    "few ratings": lambda: rated(
        simulated_scores(np.random.default_rng(1), 6, 9, [2.0, 3.0, 4.0], Listeners(heard=1 / 9))
    ),
    "left out": with_one_left_out,
    "leaves nobody": lambda: dataclasses.replace(three_systems(3), test_trials=1000),
    "no answers about one": missing_condition,
    "odd names": lambda: renamed(three_systems(3)),
    "preferences": lambda: preferred(np.random.default_rng(2), 8, 5, [0.0, 0.5, 2.0]),
    "one preference": lambda: preferred(np.random.default_rng(2), 1, 1, [0.0, 0.5], repeats=1),
    "always preferred": lambda: preferred(np.random.default_rng(2), 3, 2, [-90.0, 90.0]),
}


CONCLUDED = {
    "one participant": "One listener is one opinion: nothing follows for anyone else",
    "one system": "There is one system alone, so nothing to compare it with.",
    "one clip": "Could not be tested: B and A, C and A, C and B. It takes two listeners",
    "one rating": "There is one system alone, so nothing to compare it with.",
    "two participants": "No difference that the scale has room for would be found",
    "all equal": "Could not be tested: A and B, A and C, B and C. It takes two listeners",
    "equal within systems": "Could not be tested: B and A. It takes two listeners",
    "few ratings": "C is rated 1.83 points higher than A (95 % interval 0.85 to 2.82), p = 0.006",
    "left out": "With everyone's answers, nobody left out, the same pairs are told apart.",
    "leaves nobody": "so what follows is about everyone's answers and must not be trusted.",
    "no answers about one": "Nobody has answered about D.",
    "odd names": "No two systems are told apart.",
    "preferences": "C is preferred to B with a chance of 82%, p < 0.001 after Holm's correction",
    "one preference": "Could not be tested: A and B. It takes two listeners",
    "always preferred": "No two systems are told apart.",
}
"""A sentence that each of them comes to, and that a plain panel of ten does not."""


def test_a_plain_panel_concludes_none_of_what_odd_ones_do() -> None:
    assert CONCLUDED.keys() == ODD.keys()
    text = said(three_systems())
    assert not [one for one in CONCLUDED.values() if not one or one in text]


@pytest.mark.parametrize("name", ODD)
def test_odd_panels_come_to_something_sensible(name: str, tmp_path: Path) -> None:
    panel = ODD[name]()
    found = analysed(panel)
    told = as_json(found)
    assert all(math.isfinite(one) for one in numbers(told))
    page = write_results(found, panel, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == told
    text = page.read_text()
    assert not re.search(r"\b([Nn]a[Nn]|None|inf)\b", text)
    assert "<b>" not in text
    assert ("&lt;b&gt;a-1" in text) == (name == "odd names")
    assert CONCLUDED[name] in " ".join(found.conclusions)


def numbers(value: Any) -> list[float]:
    match value:
        case dict():
            return [one for part in value.values() for one in numbers(part)]
        case list():
            return [one for part in value for one in numbers(part)]
        case float():
            return [value]
        case _:
            return []


@pytest.mark.parametrize("mode", ["rating", "preference"])
def test_the_page_in_a_browser(mode: str, tmp_path: Path) -> None:
    rating = mode == "rating"
    panel = with_one_left_out() if rating else ODD["preferences"]()
    found = analysed(panel)
    page = write_results(found, panel, tmp_path)
    told = json.loads((tmp_path / "results.json").read_text())
    assert told["rehearsal"] is True
    assert told["note"] == REHEARSAL
    assert told["exclusion"]["rule"][0].startswith("Any wrong answer")
    shown: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1200), ("dark", 390))
    for scheme, width in shown:
        with visit(page, scheme, width) as seen:
            assert seen.page.title().startswith("Rehearsal: ")
            assert REHEARSAL in seen.page.locator("header .notice").inner_text()
            text = seen.page.locator("main").inner_text()
            assert all(line in text for line in found.conclusions)
            assert seen.page.locator("svg.chart").count() == 1
            if rating:
                # Every rating of whom the rule keeps is a dot: 9 by 30 clips and 2 anchors.
                assert seen.page.locator("svg.chart use[style*='opacity']").count() == 9 * 32
                assert "1 of 1 attention trials answered wrongly" in text
                assert "The same figures from all 11 listeners" in text
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
            assert seen.complaints == []
            assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
