"""A clock that nobody can set: seconds since the machine's boot, and an identifier of the boot.

A person or the network may set the time of day while a test runs. So this clock alone measures how
long a participant has had a sound.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Moment:
    """An instant, comparable only with others of the same boot."""

    boot: str
    """Identifier of the machine's boot, or of this process if the system has none."""
    seconds: float
    """Seconds since the boot."""

    def since(self, earlier: "Moment | None") -> float | None:
        """Return the seconds from `earlier` to this instant; None if they cannot be known.

        They are unknown after a reboot, or if `earlier` seems to lie in the future.
        """
        if earlier is None or earlier.boot != self.boot or earlier.seconds > self.seconds:
            return None
        return self.seconds - earlier.seconds


def _boot() -> tuple[str, int] | None:
    """Return the boot's identifier and the clock that counts from it, including suspension."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return (boot, clock) if boot and isinstance(clock, int) else None


_MACHINE = _boot()
_PROCESS = secrets.token_urlsafe(12)


def now() -> Moment:
    """Return the current instant; processes share the clock if the system identifies its boot."""
    if _MACHINE is None:
        return Moment(_PROCESS, time.monotonic())
    boot, clock = _MACHINE
    return Moment(boot, time.clock_gettime(clock))
