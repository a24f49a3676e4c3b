"""The settings of preparing: the ends of each range are in it, and what lies beyond is not."""

import pytest

from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.settings import build


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("rate_hz", (8000, 48000), (7999, 48001)),
        ("train_fraction", (0.01, 0.99), (0.0, 1.0)),
        ("split_seed", (0,), (-1,)),
        ("min_seconds", (0.0,), (-0.1, float("inf"))),
        ("silence_dbfs", (-96.0, 0.0), (-96.1, 0.1)),
        ("normalise_dbfs", (-60.0, 0.0), (-60.1, 0.1)),
        ("shard_megabytes", (1, 1 << 20), (0, (1 << 20) + 1)),
    ],
)
def test_ranges(name: str, inside: tuple[float, ...], outside: tuple[float, ...]) -> None:
    for value in inside:
        assert getattr(build(PrepareSettings, {name: value}, "here"), name) == value
    for value in outside:
        with pytest.raises(ReverieError, match=f"here: setting {name} is wrong"):
            build(PrepareSettings, {name: value}, "here")
