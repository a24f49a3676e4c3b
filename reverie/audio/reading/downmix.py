"""Mix more than two channels to left and right, after ITU-R BS.775.

Centre and surround channels count 3 dB less; low-frequency effects are left out. The gains are
scaled so that the mix clips nowhere where the channels do not.
"""

from collections.abc import Sequence

from reverie.audio.reading.mixing import Mix, Weights

HALF_POWER = 0.5**0.5
"""-3 dB."""

CENTRES = {"FC", "TC", "TFC", "TSL"}
BEHIND = {"BC", "TBC"}
LOW = {"LFE", "LFE2"}
FRONT = {"FL", "FR", "DL", "DR"}

USUAL = {
    3: ("FL", "FR", "FC"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
"""The channels of a file that does not name them."""


def downmix(names: Sequence[str]) -> Mix:
    """Return how to mix channels to two.

    Args:
        names: FFmpeg's name of each, such as `FL`; where one is not that of a place in a room, the
            channels count as the usual ones of their number, or as pairs of left and right.
    """
    places = [_place(name) for name in names]
    if None in places or not any(place and any(place) for place in places):
        usual = USUAL.get(len(names), ("FL", "FR") * (len(names) // 2 + 1))
        places = [_place(name) for name in usual[: len(names)]]
    gains = [place or (0.0, 0.0) for place in places]
    sides = list(zip(*gains, strict=True))
    loudest = max(sum(side) for side in sides)
    return Mix("downmix", tuple(_scaled(side, 1 / loudest) for side in sides))


def _place(name: str) -> tuple[float, float] | None:
    """Return a channel's gains to the left and to the right; None if its place is not known."""
    if name in LOW:
        return 0.0, 0.0
    if name in BEHIND:
        return 0.5, 0.5
    if name in CENTRES:
        return HALF_POWER, HALF_POWER
    gain = 1.0 if name in FRONT else HALF_POWER
    # FLC and FRC lie between the front and the centre.
    match name.removesuffix("C")[-1:]:
        case "L":
            return gain, 0.0
        case "R":
            return 0.0, gain
        case _:
            return None


def _scaled(gains: Sequence[float], scale: float) -> Weights:
    return tuple(gain * scale for gain in gains)
