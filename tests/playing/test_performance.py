"""Music that goes over to another run fades, at the rate and with the channels of the new one."""

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.api.stream import Stream
from reverie.playing.performance import FADE_SECONDS, Performance

BLOCK = 500


class Tone:
    """A stream of constant samples: 0.1 on the left, and 0.2 on the right if it is stereo."""

    block_samples = BLOCK

    def __init__(self, rate_hz: int, channels: int, level: float = 1.0) -> None:
        self.rate_hz, self.channels, self.level = rate_hz, channels, level

    def __next__(self) -> NDArray[np.float32]:
        sides = np.array([[0.1], [0.2]], np.float32)[: self.channels]
        whole = np.repeat(self.level * sides, BLOCK, axis=1).astype(np.float32)
        return whole[0] if self.channels == 1 else whole


@pytest.mark.parametrize("rates", [(8000, 8000), (8000, 16000)])
@pytest.mark.parametrize("channels", [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_it_fades_over_whatever_the_channels(
    rates: tuple[int, int], channels: tuple[int, int]
) -> None:
    before, after = (Tone(*told) for told in zip(rates, channels, strict=True))
    performance = Performance(cast(Stream, before))
    first = performance.next_block()
    assert first.shape == (channels[0], BLOCK)
    performance.go_over(cast(Stream, after))
    blocks = [performance.next_block() for _ in range(30)]
    assert {block.shape for block in blocks} == {(channels[1], BLOCK)}
    whole = np.concatenate(blocks, axis=1)
    fade = round(FADE_SECONDS * rates[1])
    # Of like sounds equal power adds up to more, and never to less.
    assert whole[0].min() > 0.09
    assert np.all(whole[:, :fade].max(axis=1) > 0.12)
    rest = whole[:, fade + 1 :]
    np.testing.assert_allclose(rest, from_one(after)[:, :1].repeat(rest.shape[1], 1), atol=1e-6)
    assert performance.made_seconds == pytest.approx(BLOCK / rates[0] + 30 * BLOCK / rates[1])


def from_one(tone: Tone) -> NDArray[np.float32]:
    """A block, [C, S]."""
    return np.atleast_2d(next(tone))
