"""Write the report of a listening test: JSON for programs, and a page for people."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from reverie.listening.panel import Panel, Role
from reverie.listening.statistics.analysis import Analysis, as_json
from reverie.listening.statistics.comparisons import IGNORED_BY_CLASSIC, Contrast
from reverie.listening.statistics.conclusions import judged_pairs
from reverie.listening.statistics.exclusion import without
from reverie.listening.statistics.preference import Ability, Choice
from reverie.listening.statistics.results import Results
from reverie.listening.statistics.scores import SCORES, ScoreRow, score_tables
from reverie.pages.chart import Answers, Span, interval_chart, ratings_chart
from reverie.pages.page import minus, signed, write_page
from reverie.storage import write_json

PAGE, FIGURES_FILE = "results.html", "results.json"
ROLES: dict[Role, str] = {"system": "", "upper": " (upper anchor)", "lower": " (lower anchor)"}
SCORE_COLUMNS = (
    ("Condition", "text"),
    ("Mean score", "number"),
    ("95 % interval", "number"),
    ("Standardised", "number"),
    ("Ratings", "number"),
    ("Clips", "number"),
    *((f"{score}s", "number") for score in SCORES),
)
PAIR_COLUMNS = (
    ("Pair", "text"),
    ("Difference", "number"),
    ("95 % interval", "number"),
    ("p", "number"),
    ("p, Holm", "number"),
    ("Told apart", "text"),
)
ABILITY_COLUMNS = (
    ("System", "text"),
    ("Ability", "number"),
    ("95 % interval", "number"),
    ("Preferred", "number"),
    ("Answers", "number"),
)
CHOICE_COLUMNS = (
    ("Pair", "text"),
    ("First preferred", "number"),
    ("Chance for the first", "number"),
    *PAIR_COLUMNS[1:],
)
CLASSIC_COLUMNS = (
    ("Pair", "text"),
    ("Participants", "number"),
    ("Wilcoxon p", "number"),
    ("p, Holm", "number"),
)

_TEMPLATE = Path(__file__).with_name("report.html")


def write_results(analysis: Analysis, panel: Panel, folder: Path) -> Path:
    """Write `results.json` and `results.html` into `folder`, and return the page's path.

    Args:
        analysis: to report.
        panel: the analysed panel, for every single rating.
        folder: of the report.

    Raises:
        ReverieError: the disk refuses.
    """
    write_json(folder / FIGURES_FILE, as_json(analysis))
    left_out = {one.participant for one in analysis.exclusion.left_out}
    found = analysis.kept or analysis.everyone
    shown = without(panel, left_out) if analysis.kept else panel
    write_page(
        folder / PAGE,
        _TEMPLATE,
        title=analysis.title,
        note=analysis.note,
        conclusions=analysis.conclusions,
        counts=[
            ("Invited", analysis.invited),
            ("Began", analysis.began),
            ("Left out by the rule", len(left_out)),
            ("Counted here", found.participants),
            ("Answers counted", found.answers),
        ],
        mode=analysis.mode,
        figure=_figure(found, shown),
        found=_shown(found),
        ignored=IGNORED_BY_CLASSIC,
        rule=analysis.exclusion.rule,
        left_out=[(one.participant, "; ".join(one.reasons)) for one in analysis.exclusion.left_out],
        none_kept=analysis.kept is None,
        everyone=_shown(analysis.everyone) if left_out and analysis.kept else None,
        everyone_many=analysis.everyone.participants,
        columns={
            "scores": SCORE_COLUMNS,
            "pairs": PAIR_COLUMNS,
            "abilities": ABILITY_COLUMNS,
            "choices": CHOICE_COLUMNS,
            "classic": CLASSIC_COLUMNS,
        },
    )
    return folder / PAGE


def _figure(found: Results, panel: Panel) -> Markup:
    if found.preferred:
        spans = [Span(one.system, one.ability, one.low, one.high) for one in _ranked(found)]
        told = "; ".join(minus(f"{span.name} {span.value:.2f}") for span in spans)
        return interval_chart(spans, "ability, log odds", f"Abilities: {told}.")
    given = {table.condition.name: table.given for table in score_tables(panel)}
    rows = [
        Answers(
            row.condition + ROLES[row.role],
            [float(score) for score in given[row.condition]],
            row.mean,
            row.low,
            row.high,
            aside=row.role != "system",
        )
        for row in _sorted_rows(found)
    ]
    told = "; ".join(f"{row.name} {row.mean:.2f}" for row in rows)
    scale = (SCORES[0], SCORES[-1])
    return ratings_chart(rows, scale, "score", f"Every score and the mean scores: {told}.")


def _shown(found: Results) -> dict[str, Any]:
    """Return the rows of every table; tables that do not apply are empty."""
    preferred, classic = found.preferred, found.classic
    apart = [
        _yes(pair.is_significant if pair.p_holm is not None else None)
        for pair in judged_pairs(found)
    ]
    choices = preferred.pairs if preferred else ()
    return {
        "scores": [_score_row(row) for row in _sorted_rows(found)],
        "unrated": found.unrated,
        "pairs": [
            (f"{one.first} less {one.second}", *_tested(one), told)
            for one, told in zip(found.pairs, apart if found.pairs else (), strict=True)
        ],
        "abilities": [
            (
                one.system,
                _signed(one.ability),
                _ends(one.low, one.high),
                f"{one.share:.0%}",
                one.answers,
            )
            for one in _ranked(found)
        ],
        "choices": [
            (
                f"{one.first} less {one.second}",
                f"{one.wins} of {one.answers}",
                f"{one.chance:.0%}",
                *_tested(one),
                told,
            )
            for one, told in zip(choices, apart if choices else (), strict=True)
        ],
        "friedman": None if classic is None else _p(classic.friedman_p),
        "friedman_many": None if classic is None else classic.friedman_participants,
        "classic": [
            (f"{one.first} and {one.second}", one.participants, _p(one.p), _p(one.p_holm))
            for one in (classic.pairs if classic else ())
        ],
    }


def _score_row(one: ScoreRow) -> tuple[Any, ...]:
    return (
        one.condition + ROLES[one.role],
        f"{one.mean:.2f}",
        _ends(one.low, one.high),
        _signed(one.z_mean),
        one.ratings,
        one.clips,
        *one.counts,
    )


def _sorted_rows(found: Results) -> list[ScoreRow]:
    """Sort rows: the best system first, anchors last."""
    return sorted(found.rows, key=lambda one: (one.role != "system", -one.mean))


def _ranked(found: Results) -> list[Ability]:
    """Sort abilities: the best system first."""
    known = found.preferred.abilities if found.preferred else ()
    return sorted(known, key=lambda one: -one.ability)


def _tested(one: Contrast | Choice) -> tuple[str, str, str, str]:
    """Return the cells that all comparisons have."""
    return _signed(one.difference), _ends(one.low, one.high), _p(one.p), _p(one.p_holm)


def _ends(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "unknown"
    return f"{minus(f'{low:.2f}')} to {minus(f'{high:.2f}')}"


def _signed(value: float) -> str:
    return signed(round(value, 2) + 0.0, 2)  # Adding 0.0 removes the minus of a rounded zero.


def _p(p: float | None) -> str:
    if p is None:
        return "unknown"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _yes(told: bool | None) -> str:
    return "cannot be tested" if told is None else "yes" if told else "no"
