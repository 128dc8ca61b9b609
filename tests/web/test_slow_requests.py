"""Requests that come too slowly, too large or broken end soon, with an answer where there is somebody to read it."""

import logging
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest
from friends import Site, comment_on, form

PATIENCE = 30  # seconds until the test gives up, on a machine that is busy with other things
GET = b"GET / HTTP/1.1\r\nHost: garden.example\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site that waits two seconds for a request."""
    with Site(database_url, tmp_path / "data", request_timeout="2") as served:
        yield served


def line(site: Site) -> closing[socket.socket]:
    """A connection of our own, for what no browser would send."""
    port = int(site.base_url.rpartition(":")[2])
    return closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))


def heard(connection: socket.socket) -> bytes:
    """All that the site says until it hangs up."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def drip(lines: dict[str, tuple[socket.socket, bytes]]) -> dict[str, bytes]:
    """On each line send its drop now and then, until the site has hung up on all; what it said on each."""
    said = dict.fromkeys(lines, b"")
    for _ in range(PATIENCE * 10):
        ready, _, _ = select.select([connection for connection, _ in lines.values()], [], [], 0.1)
        for name, (connection, drop) in list(lines.items()):
            try:
                part = connection.recv(65_536) if connection in ready else b"-"
                connection.sendall(drop)
            except ConnectionError:  # it hung up in the very moment in which we sent
                part = b""
            if not part:
                del lines[name]
            elif connection in ready:
                said[name] += part
        if not lines:
            return said
    raise TimeoutError(f"the site goes on listening to {list(lines)}")


def post_head(post_slug: str, length: int) -> bytes:
    return (
        b"POST /posts/%s/comments HTTP/1.1\r\nHost: garden.example\r\n" % post_slug.encode()
        + FORM
        + b"Content-Length: %d\r\n\r\n" % length
    )


def test_dawdlers_are_hung_up_on(site: Site) -> None:
    """Those who say nothing, half of something, drops of it, or nothing any more after a good beginning."""
    form_begun = post_head(site.post().slug, 1000) + b"name=Bob&body="
    dawdlers = {
        "silent": (b"", b""),
        "blank": (b"", b"\r\n"),
        "half a head": (GET, b""),
        "drops of a head": (GET, b"X-Drop: 1\r\n"),
        "half a form": (form_begun, b""),
        "drops of a form": (form_begun, b"x"),
        "blank after a request": (GET + b"\r\n", b"\r\n"),
        "half a head after a request": (GET + b"\r\n" + GET, b""),
    }
    with ExitStack() as stack:
        lines = {name: (stack.enter_context(line(site)), drop) for name, (_, drop) in dawdlers.items()}
        for name, (begun, _) in dawdlers.items():
            lines[name][0].sendall(begun)
        said = drip(lines)

    assert said["silent"] == said["blank"] == b""
    assert said["half a head"].startswith(b"HTTP/1.1 408 ")
    assert b"This request took too long." in said["half a head"]
    assert said["half a form"].startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said["half a form"].lower()
    assert b"Keep your text and send it again" in said["half a form"]
    assert said["blank after a request"].startswith(b"HTTP/1.1 200 ")
    assert said["half a head after a request"].endswith(b"This request took too long.")


@pytest.mark.parametrize(
    "head",
    [GET + b"X-Large: " + b"x" * 200_000, b"GET /?" + b"x" * 200_000, GET + b"X-Many: 1\r\n" * 20_000],
    ids=["header", "address", "headers"],
)
def test_large_head_is_refused(site: Site, head: bytes) -> None:
    with line(site) as connection:
        try:
            connection.sendall(head)
            answer = heard(connection)
        except ConnectionError:  # it hung up while we were still sending
            return
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_slow_form_is_taken(site: Site) -> None:
    """Whoever keeps sending, on however bad a line, has more time than those who stop."""
    post = site.post(moderation="post")
    fields = form(site.client().get(f"/posts/{post.slug}"), "comment-form")
    fields |= {"name": "Bob", "email": "bob@example.org", "body": "word " * 1800}
    whole = urlencode(fields).encode()
    with line(site) as connection:
        connection.sendall(post_head(post.slug, len(whole)) + whole[:3000])
        for start in range(3000, len(whole), 500):
            assert not select.select([connection], [], [], 0.2)[0], "the site has not waited"
            connection.sendall(whole[start : start + 500])
        assert connection.recv(12) == b"HTTP/1.1 303"


BROKEN = {
    "length": b"Content-Length: many\r\n\r\nbody=x",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nbody=x",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk": b"Transfer-Encoding: chunked\r\n\r\n5\r\nbody=\r\nZZ\r\nx\r\n0\r\n\r\n",
    "endless chunk": b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nbody=x",
    "line": b"Transfer-Encoding: chunked\r\n\r\n5\r\nbody=xx\r\n0\r\n\r\n",
    "header": b"\x00: x\r\n\r\n",
}


@pytest.mark.parametrize("rest", BROKEN.values(), ids=BROKEN.keys())
def test_broken_request_is_refused(site: Site, rest: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    post = site.post(moderation="post")
    with line(site) as connection:
        connection.sendall(b"POST /posts/%s/comments HTTP/1.1\r\nHost: x\r\n" % post.slug.encode() + FORM + rest)
        assert heard(connection).startswith(b"HTTP/1.1 400 ")
    assert comment_on(site.client(), post).status_code == 303
    assert_calm(caplog)


def wait_until(condition: Callable[[], bool]) -> None:
    looked = Event()
    for _ in range(PATIENCE * 100):
        if condition():
            return
        looked.wait(0.01)
    raise TimeoutError("the site has not noticed")


def hang_up(connection: socket.socket) -> None:
    connection.close()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


@pytest.mark.parametrize("leave", [hang_up, reset])
def test_who_leaves_in_the_middle_is_forgotten(
    site: Site, leave: Callable[[socket.socket], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    post = site.post(moderation="post")
    with line(site) as connection:
        connection.sendall(post_head(post.slug, 1000) + b"name=Bob&body=")
        assert comment_on(site.client(), post).status_code == 303  # by now the site has read that
        leave(connection)
        wait_until(lambda: any(getattr(record, "facts", {}).get("status") == 400 for record in caplog.records))
    assert_calm(caplog)


def assert_calm(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it is a mistake of ours."""
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert [record for record in caplog.records if record.exc_info] == []


def test_early_answer_to_a_large_form_ends_it(site: Site) -> None:
    """What follows is not read for ever."""
    with line(site) as connection:
        connection.sendall(post_head(site.post().slug, 100_000_000))
        assert connection.recv(12) == b"HTTP/1.1 413"
        drip({"large": (connection, b"x" * 1000)})
