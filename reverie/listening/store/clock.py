"""Time that nobody can set: seconds since this machine was started, and which start it was.

The clock on the wall may be set back or forward while a test runs, by a person or by the network.
How long a sound has been with a participant is judged by this clock alone.
"""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Moment:
    """An instant, which is comparable with others of the same start alone."""

    boot: str
    """Which start of the machine; where the system does not tell, of this process."""
    seconds: float
    """Since then."""

    def since(self, earlier: "Moment | None") -> float | None:
        """Seconds from `earlier` to this; None where that cannot be known.

        It cannot after a restart of the machine, nor where `earlier` seems to be still to come.
        """
        if earlier is None or earlier.boot != self.boot or earlier.seconds > self.seconds:
            return None
        return self.seconds - earlier.seconds


def _boot() -> tuple[str, int] | None:
    """The machine's start and the clock that counts from it, suspension included."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return (boot, clock) if boot and isinstance(clock, int) else None


_MACHINE = _boot()
_PROCESS = secrets.token_urlsafe(12)


def now() -> Moment:
    """This instant. Processes share the clock where the system names its start, as Linux does."""
    if _MACHINE is None:
        return Moment(_PROCESS, time.monotonic())
    boot, clock = _MACHINE
    return Moment(boot, time.clock_gettime(clock))
