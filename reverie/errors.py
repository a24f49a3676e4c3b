"""The one exception that a person is meant to read."""


class ReverieError(Exception):
    """Bad input, with its remedy. The command line prints it on one line and exits with 2.

    Args:
        problem: what is wrong, naming the file or the setting.
        remedy: what the person can do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


def os_reason(error: OSError) -> str:
    """Why the system refused, in its own words, for the middle of a sentence."""
    return (error.strerror or str(error)).lower()
