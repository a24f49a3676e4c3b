"""URLs of folders and files: what is one, and what none may hold."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from reverie.errors import ReverieError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+(?:://|::)")
SECRETS = "Give credentials where the store's own programs have them, such as ~/.aws/credentials."


def is_url(text: object) -> bool:
    """Whether `text` is an URL and no path: it begins with a protocol, such as `s3://`."""
    return isinstance(text, str) and _URL.match(text) is not None


def checked_url(url: str) -> str:
    """Return `url` without slashes at its end.

    An URL is kept in files and printed, so it may hold no secret.

    Raises:
        ReverieError: it holds a user's name or password, or a query; or nothing after its protocol.
    """
    protocol, _, rest = url.partition("://")
    if "@" in rest.partition("/")[0]:
        raise ReverieError(f"an URL of {protocol} holds a user's name or a password.", SECRETS)
    if protocol.rpartition("::")[2] in ("http", "https") and ("?" in rest or "#" in rest):
        raise ReverieError(
            f"{url.partition('?')[0].partition('#')[0]} has a query, which may be a secret.",
            f"Give the URL without it. {SECRETS}",
        )
    bare = url.rstrip("/")
    if "://" not in bare:
        raise ReverieError(f"{url} is no URL of a folder.", "Give one such as s3://bucket/folder.")
    return bare


def url_name(url: str) -> str:
    """Return the last name in `url`: that of its folder or file."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return name or urlsplit(url).netloc or "music"


def beside_url(url: str, name: str) -> str:
    """Return the URL of `name` in the folder in which `url` lies."""
    return f"{url.rpartition('/')[0]}/{name}"


def same_store(first: str, second: str) -> bool:
    """Whether two URLs are of one bucket of one store, or one host."""
    return urlsplit(first)[:2] == urlsplit(second)[:2]
