"""How many samples a hop in seconds is at a rate: the one place where they are reckoned."""

from reverie.errors import ReverieError

FAST_FACTORS = (2, 3, 5, 7, 11)
"""Prime factors of a length whose Fourier transform is fast. A transform of 1408 samples takes as
long as one of 1400; one of 1410 or 1412, with larger factors, takes four to six times as long."""
MOST_DEVIATION = 0.01
"""A fast length is taken if it is nearer than this to what is asked for, as a share of that."""
EXACT_SAMPLES = 1e-6
"""What is so near to a whole number of samples is meant to be it, and was rounded."""
LEAST_SAMPLES = 2


def whole_samples(seconds: float, rate_hz: int) -> int:
    """Return the number of samples that is nearest to `seconds`.

    Raises:
        ReverieError: they are fewer than two.
    """
    return _enough(round(seconds * rate_hz), seconds, rate_hz)


def even_samples(seconds: float, rate_hz: int) -> int:
    """Return the even number of samples that is nearest to `seconds`.

    Raises:
        ReverieError: they are fewer than two.
    """
    return _enough(2 * round(seconds * rate_hz / 2), seconds, rate_hz)


def fast_samples(seconds: float, rate_hz: int, multiple: int = 2) -> int:
    """Return the multiple of `multiple` samples near `seconds` whose transforms are fast.

    That is the nearest whose prime factors are all small, where it deviates by less than 1 %, and
    else the nearest. Whoever asks for such a number of samples gets it, fast or not.

    Raises:
        ReverieError: they are fewer than two.
    """
    asked = seconds * rate_hz
    nearest = _enough(multiple * round(asked / multiple), seconds, rate_hz)
    if abs(asked - nearest) < EXACT_SAMPLES:
        return nearest
    reach = multiple * (1 + int(asked * MOST_DEVIATION / multiple))
    near = range(max(multiple, nearest - reach), nearest + reach + 1, multiple)
    fast = [one for one in near if is_fast(one) and abs(one - asked) < MOST_DEVIATION * asked]
    return min(fast, key=lambda one: abs(one - asked), default=nearest)


def is_fast(samples: int) -> bool:
    """Whether all prime factors of `samples`, 1 at least, are small."""
    for factor in FAST_FACTORS:
        while samples % factor == 0:
            samples //= factor
    return samples == 1


def _enough(samples: int, seconds: float, rate_hz: int) -> int:
    if samples >= LEAST_SAMPLES:
        return samples
    raise ReverieError(
        f"frames.hop_seconds ({seconds:g}) is shorter than two samples at {rate_hz} Hz.",
        f"Set frames.hop_seconds={LEAST_SAMPLES / rate_hz:.2g} at least.",
    )
