"""The loudest stretch of a recording that is music going on."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.generation.stretches import Levels

RATE_HZ = 8000


def tone(seconds: float, amplitude: float) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * 330 * time)).astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def stretch(*parts: NDArray[np.float32], seconds: float = 2.0) -> float | None:
    start = Levels(RATE_HZ).add([np.concatenate(parts)]).loudest_stretch(round(seconds * RATE_HZ))
    return None if start is None else start / RATE_HZ


def test_the_loud_part_is_taken_and_not_the_end() -> None:
    assert stretch(tone(5, 0.1), tone(4, 0.5), tone(5, 0.1)) == pytest.approx(5, abs=0.05)


def test_one_bang_is_not_loud_music() -> None:
    bang = tone(0.1, 1.0)
    found = stretch(tone(5, 0.05), bang, tone(5, 0.05), tone(4, 0.3), tone(3, 0.05))
    assert found == pytest.approx(10.1, abs=0.05)


def test_a_rest_parts_stretches_and_a_breath_does_not() -> None:
    rest = [tone(1.2, 0.5), silence(0.8), tone(1.2, 0.5), silence(0.8)]
    assert stretch(*rest, tone(4, 0.1), silence(3)) == pytest.approx(4, abs=0.05)
    breath = [tone(1.4, 0.5), silence(0.2), tone(1.4, 0.5), silence(0.2), tone(1.4, 0.5)]
    found = stretch(*breath, silence(1), tone(4, 0.05))
    assert found is not None
    assert found < 2


def test_a_last_chord_before_silence_is_not_going_on() -> None:
    assert stretch(tone(4, 0.3), silence(1), tone(2, 0.6), silence(3)) == pytest.approx(0, abs=0.05)


def test_where_all_has_rests_it_still_ends_with_sound() -> None:
    parts = [one for _ in range(9) for one in (tone(0.3, 0.3), silence(0.7))]
    found = stretch(*parts)
    assert found is not None
    assert (found + 2) % 1 == pytest.approx(0.3, abs=0.26)


@pytest.mark.parametrize("seconds", np.arange(2.0, 4.0, 0.13).round(2).tolist())
@pytest.mark.parametrize("wanted", [0.02, 0.4, 1.0, 2.0])
def test_a_recording_may_be_hardly_longer(seconds: float, wanted: float) -> None:
    """Where it is too short to go on for a second after a stretch, that is not asked."""
    found = stretch(tone(seconds, 0.3), seconds=wanted)
    assert found is not None
    assert 0 <= found <= seconds - wanted


def test_of_equals_the_first() -> None:
    assert stretch(tone(30, 0.3)) == 0


def test_what_is_too_short_or_silent_has_none() -> None:
    assert stretch(tone(1.9, 0.3)) is None
    assert stretch(tone(1.9, 0.3), silence(5)) is None
    assert stretch(silence(5)) is None
    assert Levels(RATE_HZ).add([]).loudest_stretch(100) is None


def test_pieces_of_any_size_tell_the_same() -> None:
    rng = np.random.default_rng(0)
    wave = np.concatenate([tone(3, 0.1), tone(3, 0.4), tone(2.33, 0.2)])

    def pieces() -> Iterator[NDArray[np.float32]]:
        at = 0
        while at < len(wave):
            size = int(rng.integers(1, 5000))
            yield wave[at : at + size]
            at += size

    whole, parts = Levels(RATE_HZ).add([wave]), Levels(RATE_HZ).add(pieces())
    assert parts.samples == whole.samples == len(wave)
    assert parts.loudest_stretch(RATE_HZ) == whole.loudest_stretch(RATE_HZ)
    assert parts.sounding().end == whole.sounding().end == len(wave)
