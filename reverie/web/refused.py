"""The one way in which a request is not granted."""


class Refused(Exception):  # noqa: N818
    """A request that is not granted.

    Args:
        status: of HTTP.
        reason: for a program; it repeats no secret.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
