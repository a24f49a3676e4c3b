"""`--ray` takes an address or none, wherever it stands."""

import pytest

from reverie.cli.options import with_ray_address


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("experiment paper piano --ray", "experiment paper piano --ray auto"),
        ("experiment --ray paper piano", "experiment --ray auto paper piano"),
        ("search piano --ray --trials 4", "search piano --ray auto --trials 4"),
        ("search piano --ray local -q", "search piano --ray local -q"),
        ("search piano --ray 10.0.0.3:6379", "search piano --ray 10.0.0.3:6379"),
        ("search piano --ray=head:6379", "search piano --ray=head:6379"),
        ("search -- --ray", "search -- --ray"),
        ("train piano", "train piano"),
    ],
)
def test_an_address_may_be_left_out(given: str, read: str) -> None:
    assert with_ray_address(given.split()) == read.split()
