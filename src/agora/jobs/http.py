"""Web requests of our own: the only file that makes them, to public addresses or to those that the settings allow."""

import http.client
import io
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from agora import __version__
from agora.settings import Settings

# Seconds for a whole request. How long a name may take to be resolved is the system's affair.
TIMEOUT = 10.0
# Bytes of an answer, headers included.
LARGEST = 64 * 1024

_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# 6to4 and Teredo: addresses that lead into a tunnel, to an IPv4 address of anyone's choice.
_TUNNELS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))


class Forbidden(Exception):
    """This address is not for us to ask; its text is one sentence, without what was to be sent."""


class Unreachable(Exception):
    """Nobody answered as a web server should; its text is one sentence, without what was to be sent."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


def post_form(url: str, fields: Mapping[str, str], *, settings: Settings, timeout: float = TIMEOUT) -> Reply:
    """Send a form and read the answer, whatever its status, but for a redirection, which is followed nowhere.

    The name is resolved once, and the connection goes to an address that was looked at. Raises Forbidden for an
    address that is private or not of the web, and Unreachable.
    """
    target = _target(url)
    host, deadline = target.hostname or "", time.monotonic() + timeout
    addresses = _checked(host, _resolved(host), settings.allow_private_hosts)
    try:
        with _connected(addresses, target, deadline) as connection:
            reply = _exchange(_Timed(connection, deadline), target, urlencode(fields))
    except TimeoutError as error:
        raise Unreachable(f"{host} did not answer in time") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{host} could not be asked ({type(error).__name__})") from error
    if 300 <= reply.status < 400:
        raise Unreachable(f"{host} wants us to ask elsewhere ({reply.status})")
    return reply


def _target(url: str) -> SplitResult:
    target = urlsplit(url)
    if target.scheme not in {"http", "https"} or not target.hostname:
        raise Forbidden("only addresses that begin with http:// or https:// are asked")
    if target.username is not None or target.password is not None:
        raise Forbidden("an address with a name or password in it is not asked")
    return target


def _resolved(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address") from error
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


def _checked(host: str, addresses: list[str], allowed: tuple[str, ...]) -> list[str]:
    """The addresses, if each of them may be asked: a name that has a private one beside others is a trick."""
    if host.rstrip(".").lower() in {name.rstrip(".").lower() for name in allowed}:
        return addresses
    networks = [network for network in map(_network, allowed) if network]
    for text in addresses:
        address = ipaddress.ip_address(text)
        if not is_public(address) and not any(address in network for network in networks):
            raise Forbidden(f"{host} leads to an address that is not public")
    return addresses


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:  # a name
        return None


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it belongs to one machine somewhere in the world, also where IPv6 only wraps an address of IPv4."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    return address in _UNICAST and address.is_global and not any(address in tunnel for tunnel in _TUNNELS)


def _connected(addresses: list[str], target: SplitResult, deadline: float) -> socket.socket:
    """A connection to the first of these addresses that takes one."""
    port = target.port or (443 if target.scheme == "https" else 80)
    for address in addresses[:-1]:
        try:
            return _encrypted(socket.create_connection((address, port), timeout=_left(deadline)), target, deadline)
        except OSError:
            continue
    return _encrypted(socket.create_connection((addresses[-1], port), timeout=_left(deadline)), target, deadline)


def _encrypted(connection: socket.socket, target: SplitResult, deadline: float) -> socket.socket:
    """With TLS where the address says so; the certificate is that of the name, not of the address."""
    if target.scheme != "https":
        return connection
    try:
        connection.settimeout(_left(deadline))
        return ssl.create_default_context().wrap_socket(connection, server_hostname=target.hostname)
    except BaseException:
        connection.close()
        raise


def _left(deadline: float) -> float:
    """Seconds; raises TimeoutError when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Timed:
    """As much of a socket as http.client needs; a server that sends one byte at a time gains no time by it."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(_left(self._deadline))
            rest = rest[self._connection.send(rest) :]

    def makefile(self, _mode: str) -> io.BytesIO:
        """All that the server sends until it hangs up, as it was asked to do."""
        received = bytearray()
        while part := self._next():
            received += part
            if len(received) > LARGEST:
                raise ValueError("the answer is too large")
        return io.BytesIO(received)

    def _next(self) -> bytes:
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv(16 * 1024)

    def close(self) -> None:
        """Whoever opened the connection closes it."""


def _exchange(connection: Any, target: SplitResult, form: str) -> Reply:
    client = http.client.HTTPConnection(target.hostname or "")
    client.sock = connection
    headers = {
        "Host": target.netloc,
        "User-Agent": f"Agora/{__version__}",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Connection": "close",
    }
    client.request("POST", target.path or "/", form.encode(), headers)
    answer = client.getresponse()
    return Reply(answer.status, answer.read())
