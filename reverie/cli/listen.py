"""`reverie listen`: the blind listening test."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reverie.cli.options import AsJson, Quiet
from reverie.cli.words import say

if TYPE_CHECKING:
    import reverie

Sources = Annotated[
    list[Path],
    typer.Argument(help="An experiment; folders of audio, each a condition; or a test's folder."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="The new test's folder.", show_default="EXPERIMENT/listening, or listening-test here"
    ),
]
AnchorCorpus = Annotated[
    Path | None,
    typer.Option(
        "--corpus", help="What hidden anchors are made from.", show_default="the experiment's own"
    ),
]
Participants = Annotated[
    int | None, typer.Option(help="How many can take part.", show_default="10")
]
Clips = Annotated[
    int | None, typer.Option(help="Clips, or pairs, that each compares.", show_default="30")
]
Mode = Annotated[
    str | None,
    typer.Option(metavar="rating|preference", help="Rate clips, or choose between two.",
                 show_default="rating"),
]  # fmt: skip
Rehearsal = Annotated[
    bool, typer.Option("--rehearsal", help="Say everywhere that these are not people's ratings.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change one setting; may be repeated."),
]


def design(
    sources: Sources,
    out: Out = None,
    corpus: AnchorCorpus = None,
    participants: Participants = None,
    clips: Clips = None,
    mode: Mode = None,
    rehearsal: Rehearsal = False,
    assignments: Changes = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """What each participant will hear, how well it is balanced, and how much power it has.

    Makes the test where it is not made yet; nothing is served.

    Example: reverie listen design piano-experiment-desk
    """
    from reverie.terminal import echo_json

    options = _options(participants, clips, mode, rehearsal=rehearsal)
    test = _test(sources, out, corpus, assignments, options, quiet=quiet or as_json)
    if as_json:
        echo_json(test.as_dict())
        return
    say(*test.describe())


def serve(
    sources: Sources,
    out: Out = None,
    corpus: AnchorCorpus = None,
    participants: Participants = None,
    clips: Clips = None,
    mode: Mode = None,
    rehearsal: Rehearsal = False,
    assignments: Changes = None,
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes any.")] = 8080,
    host: Annotated[
        str, typer.Option(help="Whom to listen to; 0.0.0.0 for other machines.")
    ] = "127.0.0.1",
    url: Annotated[
        str | None,
        typer.Option(help="What links begin with, behind a proxy.", show_default="host and port"),
    ] = None,
    peek: Annotated[
        bool, typer.Option("--peek", help="Let the organiser see answers before the end.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Serve a blind listening test in the browser, until Ctrl-C.

    Makes the test where it is not made yet, and prints a link for each participant and one for
    the organiser. Stopped and called again with the test's folder, everyone goes on where they
    were.

    Example: reverie listen serve piano-experiment-desk --participants 10 --clips 30
    """
    options = _options(participants, clips, mode, rehearsal=rehearsal)
    test = _test(sources, out, corpus, assignments, options, quiet=quiet)
    test.serve(host, port, url, peek=peek)


def results(
    test: Annotated[Path, typer.Argument(help="A test's folder.")],
    out: Annotated[
        Path | None, typer.Option(help="The report's folder.", show_default="the test's")
    ] = None,
    peek: Annotated[
        bool, typer.Option("--peek", help="Analyse a test that has not ended.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The aggregated table, with honest intervals, and what may be concluded from it.

    A test has ended when all participants have finished, or its organiser has ended it.

    Example: reverie listen results listening-test
    """
    import reverie
    from reverie.terminal import echo, echo_json

    found = reverie.ListeningTest.open(test).results(peek=peek)
    if found.changed:
        echo(f"reverie: {found.changed}; what was said of them may be of others.", err=True)
    # Told before it is written, for where it cannot be.
    if as_json:
        echo_json(found.as_dict())
        found.write(out or test)
        return
    echo(*found.analysis.conclusions)
    echo(f"The report: {found.write(out or test)}")


def backup(
    test: Annotated[Path, typer.Argument(help="A test's folder.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The copy's name.", show_default="TEST and the time, .sqlite"),
    ] = None,
) -> None:
    """A whole copy of a test's answers and links, also while it is served.

    A plain copy of the database of a test that is being served may lack what was answered last.

    Example: reverie listen backup listening-test --out answers.sqlite
    """
    import reverie
    from reverie.terminal import echo

    echo(f"The copy: {reverie.ListeningTest.back_up(test, out)}")


def _options(
    participants: int | None, clips: int | None, mode: str | None, *, rehearsal: bool
) -> dict[str, object]:
    """The settings that have options of their own."""
    return {
        "participants": participants,
        "clips": clips,
        "mode": mode,
        "rehearsal": rehearsal or None,
    }


def _test(
    sources: list[Path],
    out: Path | None,
    corpus: Path | None,
    assignments: list[str] | None,
    options: dict[str, object],
    *,
    quiet: bool,
) -> "reverie.ListeningTest":
    """The test that `sources` is, or a new one made of them."""
    import reverie
    from reverie.settings import assigned

    given = {name: value for name, value in options.items() if value is not None}
    settings = assigned(assignments or ()) | given
    test = reverie.listening_test(sources, out, settings, corpus=corpus, progress=not quiet)
    if not quiet and test.is_new:
        say(*test.shortcomings, f"The test: {test.folder}")
    return test
