"""What is said on the terminal while serving: one line a client or fault."""

import traceback

from reverie.terminal import echo

MOST_CLIENTS = 100


class ClientLog:
    """Says what a client did, or what failed, the first time, and nothing of it after that."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._said: set[str] = set()

    def write(self, client: str, what: str) -> None:
        """Say what `client` did, if it is the first time."""
        if client in self._told or len(self._told) > MOST_CLIENTS:
            return
        self._told.add(client)
        if len(self._told) > MOST_CLIENTS:
            _say(f"more than {MOST_CLIENTS} clients did wrong; no more of them is said")
        else:
            _say(f"{client}: {what}; no more of this client is said")

    def write_once(self, what: str) -> None:
        """Say `what`, if it was not said before."""
        if what not in self._said and len(self._said) < MOST_CLIENTS:
            self._said.add(what)
            _say(what)

    def write_fault(self, error: BaseException) -> None:
        """Say what failed and where."""
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = "".join(f" in {one.filename}:{one.lineno}" for one in last)
        kind = type(error).__name__
        self.write_once(f"a request failed: {kind}{where}: {' '.join(str(error).split())}")


def _say(line: str) -> None:
    echo(f"reverie: {line}", err=True)
