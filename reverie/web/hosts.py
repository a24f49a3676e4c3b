"""By which names a server may be called.

A page of another site can make its own name lead to this machine (DNS rebinding), and its scripts
then count as this server's own. What it cannot do is have a browser send another name than its own.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from reverie.errors import ReverieError

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_EVERY_ADDRESS = ("0.0.0.0", "::", "")
_USUAL_PORTS = {"http": 80, "https": 443}


class Hosts:
    """The names of one server.

    Args:
        host: the address that it listens at.
        port: likewise.
        base_url: what links begin with.
    """

    def __init__(self, host: str, port: int, base_url: str) -> None:
        link = urlsplit(base_url)
        self.base = link.netloc.lower()
        self._port = port
        self._any_address = host in _EVERY_ADDRESS
        names = {*_LOOPBACK, _bracketed(host.lower())}
        if self._any_address:
            own = socket.gethostname().lower()
            names |= {own, f"{own}.local"}
        self._known = {_netloc(name, port) for name in names} | {self.base}
        if link.port is None:
            self._known.add(f"{self.base}:{_USUAL_PORTS.get(link.scheme, port)}")
        if port == _USUAL_PORTS["http"]:
            self._known |= names

    def knows(self, host: str | None) -> bool:
        """Whether `host`, as a Host header has it, is a name of this server.

        If it listens at every address of the machine, so is any address with its port: no name
        leads to it, so none can be made to.
        """
        if host is None:
            return False
        told = host.strip().lower()
        name, colon, port = told.rpartition(":")
        if colon and port.isdecimal():
            told = f"{name.removesuffix('.')}:{port}"
        else:
            name, port, told = told, "80", told.removesuffix(".")
        if told in self._known:
            return True
        return self._any_address and port == str(self._port) and _is_address(name)

    def is_own_site(self, origin: str, host: str | None) -> bool:
        """Whether `origin`, as an Origin header has it, is the site that `host` was called by."""
        scheme, separator, site = origin.lower().partition("://")
        if not separator or scheme not in _USUAL_PORTS:
            return False
        return site in {(host or "").strip().lower(), self.base}


def base_of(host: str, port: int, url: str | None) -> str:
    """What links begin with.

    Args:
        host: address that is listened at.
        port: likewise.
        url: what was asked for instead, if anything.

    Raises:
        ReverieError: `url` is more, or less, than a scheme and a host.
    """
    if url is None:
        if host in _EVERY_ADDRESS:  # others know this machine by its name
            host = socket.gethostname()
        return f"http://{_netloc(_bracketed(host), port)}"
    wrong = ReverieError(
        f"links cannot begin with {url!r}.", "Give `url` as https://host or https://host:port."
    )
    try:
        parts = urlsplit(url.rstrip("/"))
        named, _ = parts.hostname, parts.port
    except ValueError as error:
        raise wrong from error
    more = parts.path or parts.query or parts.fragment or "@" in parts.netloc or "?" in url
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in _USUAL_PORTS or not named or more or not plain:
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"


def _netloc(name: str, port: int) -> str:
    return f"{name}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
