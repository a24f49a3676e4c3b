"""Starting: `import reverie` in fresh processes, beside `import numpy` and `import torch`.

    python benchmarks/import_time.py

Of each process the time of the import alone; Python's own start is not in it.
"""

import argparse
import statistics
import subprocess
import sys

import timing

MODULES = ("reverie", "numpy", "torch")
LONGEST_SECONDS = 0.1
"""What `import reverie` may take."""


def seconds(module: str) -> float:
    """What its import takes in a fresh process."""
    code = (
        "import time; began = time.perf_counter(); "
        f"import {module}; print(time.perf_counter() - began)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(told.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20, help="processes of each")
    rounds = parser.parse_args().rounds
    found: dict[str, list[float]] = {module: [] for module in MODULES}
    for _ in range(rounds):
        for module in MODULES:
            found[module].append(seconds(module))
    rows = [
        [f"`import {module}`"]
        + [f"{1000 * one(times):.0f} ms" for one in (statistics.median, min, max)]
        for module, times in found.items()
    ]
    timing.show(rows, ["", "median", "fastest", "slowest"])
    kept = statistics.median(found["reverie"]) < LONGEST_SECONDS
    print(f"\n`import reverie` takes {'less' if kept else 'more'} than {LONGEST_SECONDS:g} s.")


if __name__ == "__main__":
    main()
