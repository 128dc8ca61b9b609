"""Forms that wait at the same moment share a transaction on SQLite, and none pays for what another one holds."""

import asyncio
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx
import pytest
from friends import Site, comment_id_of, comment_on, form, statements_of
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import Response

from agora.rules.errors import Refused
from agora.store import counts
from agora.store.comments import Comment
from agora.store.posts import Post
from agora.web.batcher import Batcher, NotServed
from agora.web.context import NO_FIELDS, Context
from agora.web.guards import Page
from agora.web.writing import Form, write_together
from web.looking import ON_SQLITE, complaint

SENT = 6


def transactions(site: Site) -> AbstractContextManager[list[str]]:
    """Each writing transaction that the application begins."""
    return statements_of(site, "BEGIN IMMEDIATE")


def sent_while_somebody_writes(site: Site, post: Post, forms: Sequence[dict[str, str]]) -> list[httpx.Response]:
    """Send all forms while the database is taken, and let it go when all wait: one for it, the others in line."""
    hidden = form(site.client().get(f"/posts/{post.slug}"), "comment-form")
    visitor = site.client()
    with ExitStack() as connections:
        with site.writing() as session:
            session.connection()  # the transaction begins
            # Each in one piece: when the next visitor is answered, those before them have their place.
            lines = [connections.enter_context(sent(site, post, hidden | fields)) for fields in forms]
            wait_for(lambda: site.in_hand == len(forms))
            assert visitor.get("/healthz").status_code == 200
        return [answer_on(line) for line in lines]


def sent(site: Site, post: Post, fields: dict[str, str]) -> socket.socket:
    body = urlencode(fields).encode()
    head = [
        f"POST /posts/{post.slug}/comments HTTP/1.1",
        f"Host: {site.base_url.removeprefix('http://')}",
        f"Origin: {site.base_url}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    host, port = site.base_url.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)), timeout=60)
    line.sendall("\r\n".join([*head, "", ""]).encode() + body)
    return line


def answer_on(line: socket.socket) -> httpx.Response:
    told = HTTPResponse(line)
    told.begin()
    return httpx.Response(told.status, headers=told.getheaders(), content=told.read())


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.005)


def of(who: str, **changes: str) -> dict[str, str]:
    return {"name": who, "email": f"{who}@example.org", "body": f"The garden as {who} sees it."} | changes


def names_under(site: Site, post: Post) -> list[str]:
    with site.database.read() as session:
        assert counts.wrong(session) == {}
        return sorted(session.scalars(select(Comment.name).where(Comment.post_id == post.id)))


@ON_SQLITE
def test_forms_that_wait_share_a_transaction(site: Site) -> None:
    post, names = site.post(), [f"reader{number}" for number in range(SENT)]
    with transactions(site) as begun:
        answers = sent_while_somebody_writes(site, post, [of(name) for name in names])

    assert [answer.status_code for answer in answers] == [303] * SENT
    assert len(begun) == 2  # the first one's, who found nobody before them, and that of all others
    own = {site.client().get(answer.headers["location"]).status_code for answer in answers}
    assert own == {200}
    assert len({answer.headers["location"] for answer in answers}) == SENT
    assert names_under(site, post) == names


@ON_SQLITE
def test_each_is_told_what_is_wrong(site: Site) -> None:
    """One has no name, one answers what is gone, one is on a page that is weeks old, and one is sent twice."""
    post = site.post(moderation="post")
    gone = comment_id_of(site, comment_on(site.client(), post, name="Dora"))
    with site.writing() as session:
        session.execute(text("UPDATE comments SET state = 'hidden', shown_in_thread = 0"))
        session.execute(text("UPDATE posts SET comment_count = 0"))
    answers = sent_while_somebody_writes(
        site,
        post,
        [
            of("Alice"),
            of("Bob", name=""),
            of("Charlie", parent=str(gone)),
            of("Eve"),
            of("Ivan", token="old"),
            of("Eve"),
        ],
    )

    assert [answer.status_code for answer in answers] == [303, 422, 422, 303, 422, 303]
    assert "named" in complaint(answers[1], "name")
    assert "no longer there" in complaint(answers[2], "body")
    assert "open for a long time" in complaint(answers[4], "body")
    assert comment_id_of(site, answers[3]) == comment_id_of(site, answers[5])
    with site.database.read() as session:
        assert sorted(session.scalars(select(Comment.name))) == ["Alice", "Dora", "Eve"]


@ON_SQLITE
def test_what_the_database_refuses_is_one_form(site: Site) -> None:
    """It says so in the middle of the transaction, of which nothing is kept."""
    with site.writing() as session:
        no_mallory = "BEFORE INSERT ON comments WHEN NEW.name = 'Mallory' BEGIN SELECT RAISE(ABORT, 'no'); END"
        session.execute(text(f"CREATE TRIGGER no_mallory {no_mallory}"))
    post = site.post()
    answers = sent_while_somebody_writes(site, post, [of("Alice"), of("Bob"), of("Mallory"), of("Charlie")])

    assert [answer.status_code for answer in answers] == [303, 303, 409, 303]
    assert names_under(site, post) == ["Alice", "Bob", "Charlie"]


def forms_of(site: Site, *pages: Page) -> list[Form]:
    """A form for each of these pages, as it comes to the thread that writes."""
    app = site.app.app.app  # type: ignore[attr-defined]  # behind memory and headers
    ours = [(b"origin", site.base_url.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": ours, "app": app}
    requests = [Request({**scope, "state": {"request_id": f"number {number}"}}) for number, _ in enumerate(pages)]
    return [Form(page, request, app.state.house, NO_FIELDS) for page, request in zip(pages, requests, strict=True)]


def statuses(answers: Sequence[Response | Exception]) -> list[int]:
    return [answer.status_code for answer in answers if isinstance(answer, Response)]


WRITES = Page(post=lambda context: context.redirect(context.site.title), together=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_away_database_is_waited_for_once(database_url: str, tmp_path: Path) -> None:
    """And not by each of those who stood in the line, one after the other."""
    with (
        Site(database_url, tmp_path / "data", database_timeout="1") as site,
        transactions(site) as begun,
        site.writing() as session,
    ):
        session.connection()
        answers = write_together(forms_of(site, *[WRITES] * SENT))

    assert statuses(answers) == [503] * SENT
    assert {answer.headers["retry-after"] for answer in answers if isinstance(answer, Response)} == {"60"}
    assert len(begun) == 1


@ON_SQLITE
def test_what_was_written_is_acknowledged(site: Site) -> None:
    """Whatever is said to others: one is refused, and the database goes away when another one is shown their form."""

    def refuse(context: Context) -> None:
        raise Refused("Not now.", status=503)

    def go_away(context: Context, problem: object) -> Response:
        raise OperationalError("", None, Exception("it is away"))

    refused = Page(post=WRITES.post, prepare=refuse, together=True)
    lost = Page(post=WRITES.post, prepare=refuse, again=go_away, together=True)

    answers = write_together(forms_of(site, WRITES, refused, WRITES, lost, WRITES, refused))

    assert statuses(answers) == [303, 503, 303, 503, 303, 503]
    said = [answer.body.decode() for answer in answers if isinstance(answer, Response)]
    assert ["Not now." in text for text in said] == [False, True, False, False, False, False]


def test_batches_are_in_order_and_each_has_its_mistake() -> None:
    served: list[list[int]] = []
    busy = threading.Event()

    def serve(asked: Sequence[int]) -> list[str | Exception]:
        served.append(list(asked))
        busy.wait(60)
        return [ValueError(f"no {number}") if number == 3 else f"yes {number}" for number in asked]

    async def run() -> list[str | BaseException]:
        batcher: Batcher[int, str] = Batcher(serve, anyio.CapacityLimiter(1), most=3)
        waiting = [asyncio.create_task(batcher.ask(number, patience=60)) for number in range(6)]
        await anyio.to_thread.run_sync(wait_for, lambda: served)
        with pytest.raises(TimeoutError):
            await batcher.ask(6, patience=0)
        busy.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    with ThreadPoolExecutor(1) as thread:  # in this one, a browser of other tests may have a loop already
        answers = thread.submit(asyncio.run, run()).result()

    assert [str(answer) for answer in answers] == ["yes 0", "yes 1", "yes 2", "no 3", "yes 4", "yes 5"]
    assert isinstance(answers[3], ValueError)
    assert served == [[0, 1, 2], [3, 4, 5]]


def test_nobody_is_left_without_an_answer() -> None:
    """Where a whole batch fails, each is told, and the next one is served."""
    served: list[list[int]] = []

    def serve(asked: Sequence[int]) -> list[str | Exception]:
        served.append(list(asked))
        if 0 in asked:
            raise MemoryError
        return [StopIteration() if number == 2 else f"yes {number}" for number in asked]

    async def run() -> list[str | BaseException]:
        batcher: Batcher[int, str] = Batcher(serve, anyio.CapacityLimiter(1), most=2)
        waiting = [asyncio.create_task(batcher.ask(number, patience=60)) for number in range(6)]
        await asyncio.sleep(0)
        waiting[4].cancel()  # somebody who has gone away is not served
        return await asyncio.gather(*waiting, return_exceptions=True)

    with ThreadPoolExecutor(1) as thread:
        answers = thread.submit(asyncio.run, run()).result()

    told = [answer if isinstance(answer, str) else type(answer) for answer in answers]
    assert told == [NotServed, NotServed, NotServed, "yes 3", asyncio.CancelledError, "yes 5"]
    assert served == [[0, 1], [2, 3], [5]]
