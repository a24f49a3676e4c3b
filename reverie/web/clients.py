"""Report on the terminal while serving: one line for each client or fault."""

import traceback

from reverie.terminal import echo

MOST_CLIENTS = 100


class ClientLog:
    """Report what a client did, or what failed, the first time only."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._said: set[str] = set()

    def write(self, client: str, event: str) -> None:
        """Report what `client` did, the first time."""
        if client in self._told or len(self._told) > MOST_CLIENTS:
            return
        self._told.add(client)
        if len(self._told) > MOST_CLIENTS:
            _say(f"more than {MOST_CLIENTS} clients misbehaved; further ones are not reported")
        else:
            _say(f"{client}: {event}; further faults of this client are not reported")

    def write_once(self, event: str) -> None:
        """Print `what`, unless it was printed before."""
        if event not in self._said and len(self._said) < MOST_CLIENTS:
            self._said.add(event)
            _say(event)

    def write_fault(self, error: BaseException) -> None:
        """Report what failed and where."""
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = "".join(f" in {frame.filename}:{frame.lineno}" for frame in last)
        kind = type(error).__name__
        self.write_once(f"a request failed: {kind}{where}: {' '.join(str(error).split())}")


def _say(line: str) -> None:
    echo(f"reverie: {line}", err=True)
