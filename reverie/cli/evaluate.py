"""`reverie evaluate`: measure clips and judge them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reverie.cli.options import AsJson, Quiet

if TYPE_CHECKING:
    from reverie.corpus.corpus import Corpus


def evaluate(
    corpus: Annotated[Path, typer.Option(help="The corpus that they are to resemble.")],
    clips: Annotated[
        list[Path] | None, typer.Argument(help="Folders of audio; each is judged as one system.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder of the report.")] = Path("evaluation"),
    self_test: Annotated[
        str | None,
        typer.Option(
            metavar="copying|damage",
            help="Judge no clips but the measures: plant copies and count how many are found, or "
            "damage real music and see which measure tells.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides every draw.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Evaluate clips: are they silent or noise, how near to music, are they copies?

    Any audio will do, ours or another program's. Each folder is one system and is compared with
    the held-out recordings of the corpus, and with noise, silence and a loop for the scale.
    Writes a page to read, and all figures as JSON.

    Example: `reverie evaluate piano-codes/clips other-program --corpus piano --out judged`
    """
    from reverie.corpus.corpus import Corpus
    from reverie.errors import ReverieError
    from reverie.evaluation.evaluate import evaluate as judge
    from reverie.evaluation.reports.page import as_json as figures
    from reverie.evaluation.reports.page import write_evaluation
    from reverie.evaluation.reports.verdicts import verdict
    from reverie.evaluation.settings import EvaluationSettings
    from reverie.evaluation.systems import read_systems
    from reverie.settings import build
    from reverie.terminal import echo, echo_json

    settings = build(EvaluationSettings, {"seed": seed}, "evaluate")
    opened = Corpus.open(corpus)
    if self_test is not None:
        for line in _self_test(self_test, opened, quiet=quiet):
            echo(line)
        return
    if not clips:
        raise ReverieError("there is nothing to judge.", "Give folders of clips, or --self-test.")
    systems = read_systems(clips, opened)
    for one in systems:
        if one.doubts:
            first, *others = one.doubts
            more = f" ({len(others)} more beside its other clips)" if others else ""
            echo(f"{one.name}: not used: {first.rstrip('.')}{more}.", err=True)
    found = judge(systems, opened, settings.seed, quiet=quiet)
    page = write_evaluation(found, systems, opened, out)
    if as_json:
        echo_json(figures(found))
        return
    for one in found.systems:
        echo(f"{one.name}: {verdict(one, found).line}")
        for broken in one.broken:
            echo(f"- {broken.name} cannot be judged: {broken.reason}")
    for what, how in found.missing.items():
        echo(f"Not measured: {what}. To measure it: {how}")
    echo(f"The report: {page}")


def _self_test(which: str, corpus: "Corpus", *, quiet: bool) -> list[str]:
    """Lines of a self-test's table, in Markdown."""
    from reverie.errors import ReverieError
    from reverie.evaluation.selftest.planted_copies import check_copying, copying_table
    from reverie.evaluation.selftest.sensitivity import check_damage, damage_table

    if which == "copying":
        return copying_table(check_copying(corpus, quiet=quiet))
    if which != "damage":
        raise ReverieError(f"there is no self-test {which!r}.", "Known: copying, damage.")
    seen, _ = check_damage(corpus, quiet=quiet)
    return damage_table(seen)
