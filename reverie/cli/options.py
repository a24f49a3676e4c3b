"""Options that several commands have."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]

Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

RecipeName = Annotated[
    str, typer.Option(help="codes, demo, desk, paper or smoke; or a TOML file of your own.")
]

Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.FIELD=VALUE", help="Change one setting; may be repeated."
    ),
]
