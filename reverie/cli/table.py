"""Tables on the terminal."""

from collections.abc import Sequence
from typing import Literal

Align = Literal["left", "right"]


def echo_table(headings: Sequence[str], aligned: str, rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings; only the first column is folded where there is little room.

    Args:
        headings: of the columns.
        aligned: `l` or `r` for each column.
        rows: cells of each row.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, (heading, side) in enumerate(zip(headings, aligned, strict=True)):
        justify: Align = "right" if side == "r" else "left"
        table.add_column(heading, justify=justify, no_wrap=place > 0, overflow="fold")
    widest = max((len(row[0]) for row in rows), default=0)
    table.columns[0].min_width = min(widest, 20)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
