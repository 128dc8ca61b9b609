"""Our own web requests reach public addresses only, or what the settings allow; and no server holds us up."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, SOCK_STREAM

import pytest
from friends import SECRET
from servers import HOST, free_port
from servers.web import WebServer

from agora import settings
from agora.jobs import http
from agora.jobs.http import LARGEST, Forbidden, Reply, Unreachable, is_public, post_form
from agora.settings import Settings

FORM = {"name": "Aurélie & fils", "key": "s3cret"}


@pytest.fixture
def service() -> Iterator[WebServer]:
    with WebServer((200, b"true")) as server:
        yield server


@pytest.fixture
def strict(tmp_path: Path) -> Settings:
    """Settings that allow nothing private."""
    return settings.load({"AGORA_DATA_DIR": str(tmp_path), "AGORA_SECRET_KEY": SECRET})


@pytest.fixture
def lenient(strict: Settings) -> Settings:
    return replace(strict, allow_private_hosts=("127.0.0.0/8",))


def test_form_reaches_an_allowed_network(service: WebServer, lenient: Settings) -> None:
    assert post_form(f"{service.url}/1.1/check", FORM, settings=lenient) == Reply(200, b"true")
    assert (service.paths, service.forms) == (["/1.1/check"], [FORM])


def test_form_reaches_an_allowed_name(service: WebServer, strict: Settings) -> None:
    """Also where the name has an address of IPv6 on which nobody listens."""
    named = replace(strict, allow_private_hosts=("LocalHost",))
    assert post_form(f"http://localhost:{service.port}", FORM, settings=named).body == b"true"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_private_addresses_are_refused(service: WebServer, strict: Settings, host: str) -> None:
    with pytest.raises(Forbidden, match="not public"):
        post_form(f"http://{host}:{service.port}/", FORM, settings=strict)
    assert service.forms == []


def test_mixed_addresses_are_refused(lenient: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(AF_INET, SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.1", "192.168.1.1")]
    monkeypatch.setattr(http.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Forbidden):
        post_form("http://service.example/", FORM, settings=lenient)


@pytest.mark.parametrize("url", ["ftp://localhost/", "file:///etc/passwd", "https://", "http://me:s3cret@localhost/"])
def test_only_plain_web_addresses_are_asked(lenient: Settings, url: str) -> None:
    with pytest.raises(Forbidden) as caught:
        post_form(url, FORM, settings=lenient)
    assert "s3cret" not in str(caught.value)


# Of each kind one: private, shared, loopback, link-local, multicast, reserved, for documents, tunnels, wrapped ones.
PRIVATE = """
    10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 127.0.0.1 0.0.0.0 169.254.169.254 224.0.1.1 240.0.0.1 255.255.255.255
    192.0.2.1 :: ::1 fe80::1 fc00::1 fec0::1 ff0e::1 2001:db8::1 2002:7f00:1::1 2001:0:1:2:3:4:80ff:fffe 64:ff9b:1::1
    64:ff9b::7f00:1 ::ffff:10.0.0.1 ::127.0.0.1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_address_is_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::9", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_public_address_is_known(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(service: WebServer, lenient: Settings, status: int) -> None:
    service.answers, service.headers = [(status, b"")], {"Location": f"{service.url}/elsewhere"}
    with pytest.raises(Unreachable, match=str(status)):
        post_form(service.url, FORM, settings=lenient)
    assert service.paths == ["/"]


def test_large_answer_is_refused(service: WebServer, lenient: Settings) -> None:
    service.answers = [(200, b"x" * (LARGEST + 1))]
    with pytest.raises(Unreachable):
        post_form(service.url, FORM, settings=lenient)


def test_silent_server_is_left(service: WebServer, lenient: Settings) -> None:
    service.freeze()
    with pytest.raises(Unreachable, match="in time"):
        post_form(service.url, FORM, settings=lenient, timeout=0.2)


def test_absent_server_is_told(lenient: Settings) -> None:
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        post_form(f"http://{HOST}:{free_port()}", FORM, settings=lenient)


def test_tls_is_checked(service: WebServer, lenient: Settings) -> None:
    """Who speaks no TLS, or has no certificate for the name, gets nothing."""
    with pytest.raises(Unreachable):
        post_form(service.url.replace("http:", "https:"), FORM, settings=lenient, timeout=2)
    assert service.forms == []


def test_other_answers_are_told(service: WebServer, lenient: Settings) -> None:
    service.answers = [(500, b"no")]
    assert post_form(service.url, FORM, settings=lenient).status == 500
