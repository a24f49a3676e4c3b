"""Where training and generation lie under this machine's roof, as a picture.

    python benchmarks/train_step.py --sweep batch --json batch.json      (and hidden, steps)
    python benchmarks/generate.py --clips 1 4 16 --json generate.json
    python benchmarks/roofline.py batch.json hidden.json steps.json generate.json --out roof.svg

After Williams, Waterman & Patterson 2009: to the right the operations for each byte that has to be
moved at least, upwards operations a second. The roof is the rate at which memory is read, then
that of the bare product, both as measured in the same runs.
"""

import argparse
import json
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

from reverie.pages.chart import Line, line_chart
from reverie.storage import write_text

BARE, READING = "bare product, bfloat16", "reading the weights, bfloat16"
GROUPS = {"batch": "training, B", "hidden": "training, H", "steps": "training, T"}


def points(told: list[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Operations a byte and GFLOP/s of Reverie in bfloat16, by what was changed."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for figures in told:
        ours = [one for one in figures["figures"] if one["program"] == "reverie, bfloat16"]
        swept = [size for size in GROUPS if len({one.get(size) for one in ours}) > 1]
        name = GROUPS[swept[0]] if swept else "generation"
        for one in ours:
            rate = one["operations"] / statistics.median(one["seconds"]) / 1e9
            found[name].append((one["operations"] / one["bytes"], rate))
    return found


def ceiling(told: list[dict[str, Any]], program: str, counted: str) -> float:
    """The most of what is `counted` that `program` did in a second, in billions."""
    rates = [
        one[counted] / min(one["seconds"]) / 1e9
        for figures in told
        for one in figures["figures"]
        if one["program"] == program
    ]
    return max(rates)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", type=Path, nargs="+", help="what --json wrote")
    parser.add_argument("--out", type=Path, required=True, help="the picture")
    chosen = parser.parse_args()
    told = [json.loads(path.read_text()) for path in chosen.figures]
    found = points(told)
    gflops, gigabytes = ceiling(told, BARE, "operations"), ceiling(told, READING, "bytes")
    every = [one for group in found.values() for one, _ in group]
    corner = gflops / gigabytes
    ends = [min(*every, corner) / 2, corner, max(*every, corner) * 2]
    roof = Line("roof", ends, [min(gflops, one * gigabytes) for one in ends])
    lines = [
        Line(name, [one for one, _ in group], [rate for _, rate in group], dots=True)
        for name, group in found.items()
    ]
    share = max(rate for group in found.values() for _, rate in group) / gflops
    alt = (
        f"Roofline: {gigabytes:.0f} GB/s, {gflops:.0f} GFLOP/s in bfloat16; the best point reaches "
        f"{share:.0%} of the product."
    )
    picture = line_chart(
        [roof, *lines], "operations a byte", "GFLOP/s", alt, log_x=True, log_y=True, alone=True
    )
    write_text(chosen.out, picture)
    print(alt)


if __name__ == "__main__":
    main()
