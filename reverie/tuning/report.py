"""What a search outcome: the best recipe, tables for programs, and a page for people."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from markupsafe import Markup

from reverie.errors import ReverieError
from reverie.pages.chart import Line, line_chart
from reverie.pages.page import write_page
from reverie.runs.settings import Recipe
from reverie.storage import write_json, write_text
from reverie.training.recipe import load_recipe
from reverie.tuning.course import described
from reverie.tuning.finals import Final, are_equally_near
from reverie.tuning.search import SearchOutcome
from reverie.tuning.space import Range
from reverie.tuning.trial import TrialResult

BEST, TABLES, PAGE = "best.toml", "tables.json", "search.html"
_TEMPLATE = Path(__file__).with_name("search.html")


def write_report(outcome: SearchOutcome) -> Path:
    """Write `best.toml`, `tables.json` and `search.html`; gives the page's path.

    Raises:
        ReverieError: the disk refuses.
    """
    folder = outcome.folder
    _write_recipe(folder / BEST, outcome)
    write_json(folder / TABLES, _tables(outcome))
    names = list(outcome.space)
    write_page(
        folder / PAGE,
        _TEMPLATE,
        verdict=verdict(outcome),
        best=folder / BEST,
        name=outcome.name,
        settings=outcome.settings,
        finals=[_final_row(one, names) for one in outcome.finals],
        trials=[_row(one, names) for one in outcome.trials],
        values=[(name.rpartition(".")[2], "number") for name in names],
        counts=_counts(outcome.trials),
        course=_course(outcome.trials),
        pictures=_pictures(outcome),
        ranges=[(name, _range(one)) for name, one in outcome.space.items()],
    )
    return folder / PAGE


def verdict(outcome: SearchOutcome) -> str:
    """What the search outcome, in a few sentences."""
    best = outcome.finals[0]
    own = next((one for one in outcome.finals if one.trial.number == 0), None)
    settings = outcome.settings
    again = f"judged again by {settings.final_judgements} times {settings.clips} other clips"
    if own is None:
        return (
            f"Trial {best.trial.number} is the nearest to music, {best.mean:.1f} {again}; the "
            "recipe's own settings could not be judged."
        )
    if best.trial.number == 0:
        return (
            f"No settings are nearer to music than the recipe's own, {best.mean:.1f} {again}: "
            "these stay."
        )
    said = (
        f"Trial {best.trial.number} is the nearest to music: {best.mean:.1f} {again}, where the "
        f"recipe's own settings are at {own.mean:.1f}."
    )
    if are_equally_near(outcome.finals):
        said += " So small a difference may be chance: as far as can be told they are as near."
    return said


def lines(outcome: SearchOutcome) -> list[str]:
    """The same for a terminal, with the best settings."""
    values = outcome.finals[0].trial.values
    return [verdict(outcome), f"Its settings: {described(values)}."]


def recipe_text(recipe: Recipe) -> str:
    """A recipe as TOML, which `load_recipe` reads as the same."""
    values = dataclasses.asdict(recipe)
    plain = {name: value for name, value in values.items() if not isinstance(value, dict)}
    text = _assignments(plain)
    for name, section in values.items():
        if isinstance(section, dict):
            text += f"\n[{name}]\n{_assignments(cast(dict[str, Any], section))}"
    return text


def _assignments(values: dict[str, Any]) -> str:
    # What is None is so by default, and TOML has no word for it.
    given = {name: value for name, value in values.items() if value is not None}
    return "".join(f"{name} = {_toml(value)}\n" for name, value in given.items())


def _toml(value: object) -> str:
    if isinstance(value, str):
        # TOML's basic strings have JSON's escapes, but for DEL.
        return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007F")
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, cast(tuple[object, ...], value)))}]"
    return json.dumps(value)


def _write_recipe(path: Path, outcome: SearchOutcome) -> None:
    number = outcome.finals[0].trial.number
    recipe = dataclasses.replace(
        outcome.best,
        description=f"{outcome.name}, with the settings of trial {number} of a search of "
        f"{len(outcome.trials)}.",
    )
    write_text(path, recipe_text(recipe))
    if load_recipe(path) != recipe:
        raise ReverieError(f"{path} does not hold what was outcome.", "Report this.")


def _tables(outcome: SearchOutcome) -> dict[str, Any]:
    """Everything that the same search gives again."""
    settings = dataclasses.asdict(outcome.settings)
    return json.loads(
        json.dumps(
            {
                "recipe": outcome.name,
                "settings": settings,
                "space": {name: dataclasses.asdict(one) for name, one in outcome.space.items()},
                "corpus_hash": outcome.corpus.content_hash,
                "trials": [
                    dataclasses.asdict(one) | {"score": one.score, "scores": one.scores}
                    for one in outcome.trials
                ],
                "finals": [
                    {
                        "trial": one.trial.number,
                        "mean": one.mean,
                        "scores": one.scores,
                        "judgements": [
                            dataclasses.asdict(each) | {"seconds": 0.0} for each in one.judgements
                        ],
                    }
                    for one in outcome.finals
                ],
                "best": outcome.finals[0].trial.number,
                "values": outcome.finals[0].trial.values,
            }
        )
    )


def _row(one: TrialResult, names: Sequence[str]) -> tuple[str, ...]:
    score = "" if one.score is None else f"{one.score:.1f}"
    way = ", ".join(f"{each:.1f}" for each in one.scores)
    return (f"{one.number}", score, _end(one), str(one.epochs), way, *_values(one, names))


def _final_row(one: Final, names: Sequence[str]) -> tuple[str, ...]:
    whose = f"{one.trial.number}" + (" (the recipe's own)" if one.trial.number == 0 else "")
    each = ", ".join(f"{score:.1f}" for score in one.scores)
    return (whose, f"{one.mean:.1f}", each, *_values(one.trial, names))


def _values(one: TrialResult, names: Sequence[str]) -> list[str]:
    return [
        f"{value:.4g}" if isinstance(value := one.values[name], float) else str(value)
        for name in names
    ]


def _end(one: TrialResult) -> str:
    if one.failed:
        return f"failed: {one.failed}"
    return "ended early" if one.pruned else "to its end"


def _counts(trials: Sequence[TrialResult]) -> str:
    failed = sum(bool(one.failed) for one in trials)
    pruned = sum(one.pruned for one in trials)
    whole = len(trials) - failed - pruned
    parts = [f"{whole} went to their end", f"{pruned} were ended early"]
    return ", ".join([*parts, *([f"{failed} failed"] if failed else [])])


def _course(trials: Sequence[TrialResult]) -> Markup:
    """Scores by trial, and the lowest so far."""
    judged = [(one.number, one.score) for one in trials if one.score is not None]
    numbers = [number for number, _ in judged]
    scores = [score for _, score in judged]
    lowest = [min(scores[: at + 1]) for at in range(len(scores))]
    alt = f"Distance of each trial's clips from music; the lowest is {lowest[-1]:.1f}."
    each = Line("each trial", numbers, scores, dots=True)
    return line_chart([Line("nearest so far", numbers, lowest), each], "trial", "distance", alt)


def _pictures(outcome: SearchOutcome) -> list[tuple[str, Markup]]:
    """Scores by the value of each setting whose values are numbers."""
    pictures: list[tuple[str, Markup]] = []
    for name, one in outcome.space.items():
        points = [
            (value, trial.score)
            for trial in outcome.trials
            if trial.score is not None and not isinstance(value := trial.values[name], bool | str)
        ]
        if len({value for value, _ in points}) < 2:
            continue
        whole = [value for value, _ in points]
        line = Line(name, whole, [score for _, score in points], dots=True)
        alt = f"Distance of clips from music by {name}, a dot for each trial."
        pictures.append((name, line_chart([line], name, "distance", alt, log_x=one.log)))
    return pictures


def _range(one: Range) -> str:
    if one.low is None or one.high is None:
        return ", ".join(map(str, one.choices))
    by = " by factors" if one.log else "" if one.step is None else f" by {one.step:g}"
    return f"{one.low:g} to {one.high:g}{by}"
