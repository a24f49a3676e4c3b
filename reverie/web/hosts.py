"""Know the names by which a server may be called.

Another site can make its own name resolve to this machine (DNS rebinding), and its scripts then
count as this server's own. But it cannot make a browser send a name other than its own.
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
        host: the address it listens at.
        port: the port it listens at.
        base_url: the beginning of links.
    """

    def __init__(self, host: str, port: int, base_url: str) -> None:
        self.host = host
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
        """Return whether `host`, from a Host header, is a name of this server.

        A server that listens at every address of the machine accepts any IP address with its port:
        an IP address cannot be rebound.
        """
        if host is None:
            return False
        parts = host.strip().lower()
        name, colon, port = parts.rpartition(":")
        if colon and port.isdecimal():
            parts = f"{name.removesuffix('.')}:{port}"
        else:
            name, port, parts = parts, "80", parts.removesuffix(".")
        if parts in self._known:
            return True
        return self._any_address and port == str(self._port) and _is_address(name)

    def is_own_site(self, origin: str, host: str | None) -> bool:
        """Return whether `origin`, from an Origin header, is the site with the Host header
        `host`."""
        scheme, separator, site = origin.lower().partition("://")
        if not separator or scheme not in _USUAL_PORTS:
            return False
        return site in {(host or "").strip().lower(), self.base}


def base_of(host: str, port: int, url: str | None) -> str:
    """Return the beginning of links.

    Args:
        host: the address to listen at.
        port: the port to listen at.
        url: what the user asked for instead, if anything.

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
