"""What the studio refuses, with the HTTP status that says so."""

import errno

from starlette.requests import Request
from starlette.responses import Response

from reverie.errors import ReverieError, os_reason
from reverie.studio.answers import answer
from reverie.terminal import printable
from reverie.web.refused import Refused

_STATUS = {
    errno.ENOENT: 404, errno.ENOTDIR: 404, errno.EISDIR: 409, errno.EEXIST: 409, errno.EACCES: 403,
    errno.EPERM: 403, errno.EROFS: 403, errno.ENAMETOOLONG: 400, errno.ELOOP: 400,
    errno.EINVAL: 400, errno.ENOSPC: 507, errno.EDQUOT: 507,
}  # fmt: skip


class Problem(ReverieError):  # noqa: N818
    """A request that cannot be done.

    Args:
        status: of HTTP.
        problem: what is wrong.
        remedy: what the person can do about it.
    """

    def __init__(self, status: int, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.status = status


def missing(name: str, what: str) -> Problem:
    """There is no `what` of that name."""
    return Problem(404, f"There is no {what} {printable(name)[:200]}.", "Reload the page.")


async def answer_problem(_: Request, error: Exception) -> Response:
    """Answer an error that a person is meant to read: a Starlette handler of `ReverieError`."""
    assert isinstance(error, ReverieError)
    status = error.status if isinstance(error, Problem) else 400
    return answer({"problem": error.problem, "remedy": error.remedy}, status)


async def answer_refused(_: Request, error: Exception) -> Response:
    """Answer a refused request: a Starlette handler of `Refused`."""
    assert isinstance(error, Refused)
    return answer({"problem": f"Refused: {error}.", "remedy": "Reload the page."}, error.status)


async def answer_os_error(_: Request, error: Exception) -> Response:
    """Answer a refusal of the file system: a Starlette handler of `OSError`."""
    assert isinstance(error, OSError)
    said = {
        "problem": f"The disk refuses: {os_reason(error)}.",
        "remedy": "Look whether the file is there and the disk has room.",
    }
    return answer(said, _STATUS.get(error.errno or 0, 500))
