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
    results = analysis.kept or analysis.everyone
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
            ("Counted here", results.participants),
            ("Answers counted", results.answers),
        ],
        mode=analysis.mode,
        figure=_figure(results, shown),
        found=_shown(results),
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


def _figure(results: Results, panel: Panel) -> Markup:
    if results.preferred:
        spans = [Span(one.system, one.ability, one.low, one.high) for one in _ranked(results)]
        summary = "; ".join(minus(f"{span.name} {span.value:.2f}") for span in spans)
        return interval_chart(spans, "ability, log odds", f"Abilities: {summary}.")
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
        for row in _sorted_rows(results)
    ]
    summary = "; ".join(f"{row.name} {row.mean:.2f}" for row in rows)
    scale = (SCORES[0], SCORES[-1])
    return ratings_chart(rows, scale, "score", f"Every score and the mean scores: {summary}.")


def _shown(results: Results) -> dict[str, Any]:
    """Return the rows of every table; tables that do not apply are empty."""
    preferred, classic = results.preferred, results.classic
    apart = [
        _yes(pair.is_significant if pair.p_holm is not None else None)
        for pair in judged_pairs(results)
    ]
    choices = preferred.pairs if preferred else ()
    return {
        "scores": [_score_row(row) for row in _sorted_rows(results)],
        "unrated": results.unrated,
        "pairs": [
            (f"{one.first} less {one.second}", *_tested(one), significant)
            for one, significant in zip(results.pairs, apart if results.pairs else (), strict=True)
        ],
        "abilities": [
            (
                one.system,
                _signed(one.ability),
                _ends(one.low, one.high),
                f"{one.share:.0%}",
                one.answers,
            )
            for one in _ranked(results)
        ],
        "choices": [
            (
                f"{one.first} less {one.second}",
                f"{one.wins} of {one.answers}",
                f"{one.chance:.0%}",
                *_tested(one),
                significant,
            )
            for one, significant in zip(choices, apart if choices else (), strict=True)
        ],
        "friedman": None if classic is None else _p(classic.friedman_p),
        "friedman_many": None if classic is None else classic.friedman_participants,
        "classic": [
            (f"{one.first} and {one.second}", one.participants, _p(one.p), _p(one.p_holm))
            for one in (classic.pairs if classic else ())
        ],
    }


def _score_row(row: ScoreRow) -> tuple[Any, ...]:
    return (
        row.condition + ROLES[row.role],
        f"{row.mean:.2f}",
        _ends(row.low, row.high),
        _signed(row.z_mean),
        row.ratings,
        row.clips,
        *row.counts,
    )


def _sorted_rows(results: Results) -> list[ScoreRow]:
    """Sort rows: the best system first, anchors last."""
    return sorted(results.rows, key=lambda row: (row.role != "system", -row.mean))


def _ranked(results: Results) -> list[Ability]:
    """Sort abilities: the best system first."""
    known = results.preferred.abilities if results.preferred else ()
    return sorted(known, key=lambda ability: -ability.ability)


def _tested(comparison: Contrast | Choice) -> tuple[str, str, str, str]:
    """Return the cells that all comparisons have."""
    return (
        _signed(comparison.difference),
        _ends(comparison.low, comparison.high),
        _p(comparison.p),
        _p(comparison.p_holm),
    )


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


def _yes(significant: bool | None) -> str:
    return "cannot be tested" if significant is None else "yes" if significant else "no"
