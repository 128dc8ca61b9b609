"""What takes long about a form is done before its transaction: nobody who wants to write waits for it."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from friends import PASSWORD, Site, comment_on, form, statements_of

from agora.actions import bylines as byline_actions
from agora.actions import people as people_actions
from agora.actions.comments import CommentDraft, post_comment
from agora.actions.judging import made_ready
from agora.actions.limits import spend
from agora.rules import markup
from agora.rules.limits import RATES
from agora.rules.permissions import Role
from agora.rules.policy import Mode, SiteRules
from web.looking import ON_SQLITE, how_many

PICTURE = b"no picture at all"
WRITES = "BEGIN IMMEDIATE"


@dataclass(frozen=True)
class Deed:
    """Something that people send, and where its slow part is: an object and the name of a function."""

    slow: tuple[Any, str]
    send: Callable[[Site], httpx.Response]


def send_comment(site: Site) -> httpx.Response:
    return comment_on(site.client(), site.post())


def edit_comment(site: Site) -> httpx.Response:
    own = comment_on(site.client(), site.post()).headers["location"].split("?")[0]
    return site.client().post(own, data={"body": "A fine, fine garden."})


def sign_in(site: Site) -> httpx.Response:
    site.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
    return site.client().post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD})


def change_password(site: Site) -> httpx.Response:
    ada = site.client_of(site.ada())
    token = re.search(r'name="csrf" value="([^"]+)"', ada.get("/account").text)
    assert token
    return ada.post("/account", data={"csrf": token[1], "action": "password", "password": PASSWORD})


def save_post(site: Site) -> httpx.Response:
    ada, address = site.client_of(site.ada()), f"/admin/posts/{site.post().id}"
    return ada.post(address, data=form(ada.get(address), "post-form") | {"body": "It *still* grows."})


def save_byline(site: Site) -> httpx.Response:
    ada, address = site.client_of(site.ada()), f"/admin/bylines/{site.byline().id}"
    sent = form(ada.get(address), "byline-form")
    return ada.post(address, data=sent, files={"portrait": ("me.png", PICTURE, "image/png")})


DEEDS = {
    "a comment": Deed((markup, "comment_html"), send_comment),
    "an edit": Deed((markup, "comment_html"), edit_comment),
    "a password": Deed((people_actions._hasher.__class__, "verify"), sign_in),
    "a new password": Deed((people_actions._hasher.__class__, "hash"), change_password),
    "a post": Deed((markup, "post_html"), save_post),
    "a portrait": Deed((byline_actions, "_portrait"), save_byline),
}


@contextmanager
def course_of(site: Site, slow: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """In which order the application begins to write and does what is slow."""
    work = getattr(*slow)

    def spied(*given: Any, **named: Any) -> Any:
        heard.append(slow[1])
        return work(*given, **named)

    monkeypatch.setattr(*slow, spied)
    with statements_of(site, WRITES) as heard:
        yield heard


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
@ON_SQLITE
def test_slow_part_comes_before_the_transaction(site: Site, deed: Deed, monkeypatch: pytest.MonkeyPatch) -> None:
    with course_of(site, deed.slow, monkeypatch) as heard:
        answer = deed.send(site)

    assert answer.status_code in {303, 422}
    last = len(heard) - heard[::-1].index(deed.slow[1]) - 1
    assert heard[last + 1 :] == [WRITES]


@contextmanager
def somebody_writes(site: Site) -> Iterator[None]:
    """A writer who takes his time: SQLite has no place for another."""
    connection = sqlite3.connect(site.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute(WRITES)
    yield
    connection.execute("ROLLBACK")
    connection.close()


@pytest.mark.parametrize("token", ["", "1.x"])
@ON_SQLITE
def test_refused_form_waits_for_nobody(site: Site, token: str) -> None:
    client, post = site.client(), site.post()

    with somebody_writes(site):
        answer = comment_on(client, post, token=token)

        assert answer.status_code == 422
    assert how_many(site) == 0


@ON_SQLITE
def test_sender_beyond_the_rate_costs_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client, post, here = site.client(), site.post(), site.tokens.keyed_hash("source", "127.0.0.1")
    with site.writing() as session:
        for _ in range(RATES["comment"].count):
            spend(session, "comment", here, now=site.clock.now)

    with course_of(site, (markup, "comment_html"), monkeypatch) as heard, somebody_writes(site):
        answer = comment_on(client, post, "One too many.")

        assert answer.status_code == 429
        assert "retry-after" in answer.headers
    assert heard == []


@ON_SQLITE
def test_text_follows_the_language_of_its_post(site: Site) -> None:
    """Also when that was changed after the text was made ready."""
    post, draft = site.post(language="fr"), CommentDraft("Bob", "bob@example.org", '"Oui"')
    with site.writing() as session:
        early = made_ready(draft.body, "en", rules := SiteRules(Mode.POST))
        comment = post_comment(session, post, draft, rules, text=early, now=site.clock.now)

    assert "“Oui”" in early.html
    assert "«\u202fOui\u202f»" in site.comment(comment.id).revision.html
