"""The exception for every refused request."""


class Refused(Exception):  # noqa: N818
    """A request is refused.

    Args:
        status: the HTTP status.
        reason: for a program; it contains no secret.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
