"""What settings can be: each function makes a value of what was stated, or raises ValueError with half a sentence."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value.strip()


def number(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
        raise ValueError("a whole number from 0 on is expected")
    return int(value)


def positive(value: Any) -> int:
    if number(value) < 1:
        raise ValueError("a whole number from 1 on is expected")
    return int(value)


def switch(value: Any) -> bool:
    words = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False}
    if str(value).lower() not in words:
        raise ValueError('"on" or "off" is expected')
    return words[str(value).lower()]


def items(value: Any) -> tuple[str, ...]:
    listed = value.split(",") if isinstance(value, str) else value
    return tuple(item for item in (text(item) for item in listed) if item)


def networks(value: Any) -> tuple[str, ...]:
    return tuple(str(ip_network(item, strict=False)) for item in items(value))


def one_of(*words: str) -> Callable[[Any], str]:
    def choose(value: Any) -> str:
        if value not in words:
            raise ValueError("one of " + ", ".join(words) + " is expected")
        return str(value)

    return choose


def address(schemes: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        typed = text(value)
        if typed and typed.partition("://")[0] not in schemes:
            raise ValueError("an address that begins with " + " or ".join(f"{s}://" for s in schemes) + " is expected")
        if not _port_is_good(typed):
            raise ValueError("its port is not a number")
        return typed.rstrip("/") if typed.startswith("http") else typed

    return read


def _port_is_good(address: str) -> bool:
    """An address of PostgreSQL may name several hosts, each with its own port."""
    try:
        hosts = urlsplit(address).netloc.rpartition("@")[2].split(",")
        return all(urlsplit(f"//{host}").port != 0 for host in hosts)
    except ValueError:
        return False


def time_zone(value: Any) -> str:
    try:
        return ZoneInfo(text(value)).key
    except (OSError, LookupError) as error:
        raise ValueError("a time zone such as Europe/Paris is expected") from error
