"""What is ready as bytes is sent as HTTP asks for it, also to programs that speak it in unusual ways."""

import re
import socket
from collections.abc import Iterator

import pytest
from friends import Site

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KEPT, OTHER = "/posts/the-garden", "/healthz"


@pytest.fixture
def warm(site: Site) -> Site:
    site.post()
    for _ in range(2):
        assert site.client().get(KEPT).status_code == 200
    return site


def ask(*lines: str, body: str = "") -> bytes:
    return "\r\n".join([*lines, "Host: a.example", "", body]).encode()


def answers(site: Site, sent: bytes, *, count: int) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Status, headers and body of so many answers on one connection; HEAD is told by a body that does not come."""
    port = int(site.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as answer:
        connection.sendall(sent)
        for _ in range(count):
            status = answer.readline().decode().strip()
            headers = {}
            while (line := answer.readline().decode().strip()) != "":
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            yield status, headers, answer.read(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            assert answer.read() == b""


def test_answers_keep_their_order(warm: Site) -> None:
    """Several requests in one piece, of which some are ready and some are not."""
    paths = [KEPT, OTHER, KEPT, "/nowhere", KEPT, OTHER]
    got = list(answers(warm, b"".join(ask(f"GET {path} HTTP/1.1") for path in paths), count=len(paths)))

    assert [status.split()[1] for status, _, _ in got] == ["200", "200", "200", "404", "200", "200"]
    assert [b"The garden" in body for _, _, body in got] == [path == KEPT for path in paths]


@pytest.mark.parametrize("first", ["GET /posts/the-garden HTTP/1.0", "GET /posts/the-garden HTTP/1.1"])
def test_connection_ends_when_asked(warm: Site, first: str) -> None:
    [(status, headers, body)] = answers(warm, ask(first, "Connection: close"), count=1)

    assert status == "HTTP/1.1 200 OK"
    assert headers["connection"] == "close"
    assert body.endswith((b"</html>\n", b"</html>"))


def test_old_programs_get_one_answer(warm: Site) -> None:
    [(_, headers, _)] = answers(warm, ask(f"GET {KEPT} HTTP/1.0"), count=1)
    assert headers["connection"] == "close"


def test_connection_stays_for_the_next(warm: Site) -> None:
    got = list(answers(warm, ask(f"GET {KEPT} HTTP/1.1") * 50, count=50))
    assert len({body for _, _, body in got}) == 1
    assert all("connection" not in headers for _, headers, _ in got)


def test_text_that_nobody_asked_for_is_passed_over(warm: Site) -> None:
    sent = ask(f"GET {KEPT} HTTP/1.1", "Content-Length: 5", body="hello") + ask(f"GET {OTHER} HTTP/1.1")
    first, second = answers(warm, sent, count=2)
    assert b"The garden" in first[2]
    assert second[2] == b"ok\n"


def test_date_is_always_told(warm: Site) -> None:
    told = {"date", "etag", "content-security-policy", "x-content-type-options", "cache-control", "vary"}
    [(_, headers, _)] = answers(warm, ask(f"GET {KEPT} HTTP/1.1"), count=1)
    assert told <= set(headers)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", headers["date"])


def test_head_is_answered_without_body(warm: Site) -> None:
    port = int(warm.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(ask(f"HEAD {KEPT} HTTP/1.1", "Connection: close"))
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == b""
