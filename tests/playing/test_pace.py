"""How far ahead music is made, by the clock alone."""

import pytest

from reverie.playing.pace import (
    LEAST_AHEAD_SECONDS,
    MOST_AHEAD_SECONDS,
    STALE_SECONDS,
    Pace,
)


def made_by(pace: Pace, now: float, made: float) -> float:
    """How much music there is once no block is due."""
    while pace.wait_seconds(made, now) == 0:
        made += pace.block_seconds
    return made


@pytest.mark.parametrize("lookahead", [0.0, 0.1, 0.256, 2.0])
@pytest.mark.parametrize("block", [0.01, 0.064, 0.25])
@pytest.mark.parametrize("added", [0.0, 0.1, 5.0])
@pytest.mark.parametrize("is_deep", [False, True])
def test_it_is_never_more_than_half_a_second_ahead(
    lookahead: float, block: float, added: float, is_deep: bool
) -> None:
    pace = Pace(block, lookahead, added_seconds=added, is_deep=is_deep)
    made = 0.0
    for step in range(200):
        now = 100 + step * 0.05
        pace.follow(step * 0.05, now, is_moving=True)
        made = made_by(pace, now, made)
        assert LEAST_AHEAD_SECONDS <= made - step * 0.05 <= MOST_AHEAD_SECONDS + 1e-9
        if not is_deep and not added and lookahead + block <= 0.34:
            assert made - step * 0.05 + lookahead <= MOST_AHEAD_SECONDS


def test_between_two_words_the_clock_goes_on_and_stops_soon() -> None:
    pace = Pace(0.05)
    pace.follow(10.0, 100.0, is_moving=True)
    assert pace.played_at(101.5) == 11.5
    assert pace.played_at(100.0 + 10 * STALE_SECONDS) == 10.0 + STALE_SECONDS
    assert pace.played_at(99.0) == 10.0
    made = made_by(pace, 100.0, 10.0)
    wait = pace.wait_seconds(made, 100.0)
    assert wait is not None
    assert pace.wait_seconds(made, 100.0 + wait + 1e-6) == 0


def test_who_pauses_or_is_gone_is_waited_for() -> None:
    pace = Pace(0.05)
    pace.follow(10.0, 100.0, is_moving=False)
    made = made_by(pace, 100.0, 10.0)
    assert pace.wait_seconds(made, 100.0) is None
    assert pace.wait_seconds(made, 900.0) is None
    pace.follow(10.0, 900.0, is_moving=True)
    made = made_by(pace, 900.0 + STALE_SECONDS, made)
    assert pace.wait_seconds(made, 900.0 + STALE_SECONDS) is None


def test_blocks_that_are_nearly_late_are_begun_earlier_for_a_while() -> None:
    pace = Pace(0.05, 0.2)
    usual = pace.ahead_seconds
    pace.follow(10.0, 100.0, is_moving=True)
    pace.note_block(10.04, 100.0)
    late = pace.ahead_seconds
    assert late > usual
    for _ in range(100):
        pace.note_block(10.04, 100.0)
    assert usual < pace.ahead_seconds <= MOST_AHEAD_SECONDS - 0.05
    for _ in range(10_000):
        pace.note_block(10.3, 100.0)
    assert pace.ahead_seconds == usual
    pace.follow(10.0, 100.0, is_moving=False)
    pace.note_block(10.0, 100.0)
    assert pace.ahead_seconds == usual, "who pauses is not late"
