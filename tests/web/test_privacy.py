"""What is kept about people: shown to them alone, erased with its histories, put off while a case needs it."""

from typing import Any

import httpx
import pytest
from friends import Site, comment_id_of, comment_on, decide, form
from sqlalchemy import func, select

from agora.actions import ledger, notices
from agora.actions.report_forms import Notice
from agora.rules.moderation import State
from agora.store.comments import Comment, Commenter, CommentRevision, comment_in_full
from agora.store.events import Event
from agora.store.kept_sources import Source
from agora.store.ledger import LedgerEntry, LedgerSecret
from agora.store.measures import Note
from agora.store.statements import Statement

SECRET = "Rosebud and nothing else"
ADDRESS = "bob@example.org"


def own_page(site: Site, comment_id: int) -> str:
    return f"/my/comment/{site.tokens.sign('my-comment', comment_id)}"


def data_page(site: Site, client: httpx.Client, comment_id: int) -> str:
    """By the link in the letter that the commenter asks for."""
    assert client.post(f"{own_page(site, comment_id)}/data").status_code == 303
    site.deliver()
    text = site.letters()[-1].get_content()
    return next(line for line in text.splitlines() if "/my/data/" in line).removeprefix(site.base_url)


def everything(site: Site) -> str:
    """Every text of every row, as somebody with the whole database would read it."""
    with site.database.read() as session:
        tables: list[Any] = [Comment, CommentRevision, Commenter, Event, Statement, LedgerSecret, Note]
        rows = [row for table in tables for row in session.execute(select(table.__table__))]
        return "\n".join(str(tuple(row)) for row in rows)


def report(site: Site, comment_id: int) -> None:
    with site.writing() as session:
        comment = comment_in_full(session, comment_id)
        assert comment is not None
        notice = Notice("1", "", "It is not true.", name="Carol", email="carol@example.org", good_faith=True)
        notices.report(session, comment, notice, site.settings, person=None, now=site.clock.now)


def test_person_is_erased_everywhere(site: Site) -> None:
    post, maud = site.post(), site.maud()
    client = site.client()
    first = comment_id_of(site, comment_on(client, post, f"{SECRET}, first.", name="Bob Rose"))
    client.post(own_page(site, first), data={"body": f"{SECRET}, again."})
    reply = site.published(post, "An answer.", email="carol@example.org", name="Carol")
    desk = site.client_of(maud)
    decide(desk, first, "reject", reason="1", explanation=f"You wrote: {SECRET}.")
    desk_page = desk.get(f"/admin/moderation/addresses/{commenter_id(site)}")
    desk.post(
        f"/admin/moderation/addresses/{commenter_id(site)}/notes",
        data=form(desk_page, "note-form") | {"note": f"Says {SECRET}"},
    )
    assert everything(site).count(SECRET) > 3

    page = client.get(data_page(site, client, first))
    assert client.post(page.url.path, data={}).status_code == 422, "nobody is erased by a slip"
    assert client.post(page.url.path, data={"sure": "yes"}).status_code == 303

    left = everything(site)
    assert SECRET not in left
    assert "Bob Rose" not in left
    assert ADDRESS not in left
    assert site.comment(first).state is State.ERASED
    assert site.comment(reply).state is State.PUBLISHED
    assert "Everything is erased" in client.get(page.url.path, params={"done": "erased"}).text
    assert client.get(f"{page.url.path}/export").status_code == 404
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 0
        kinds = list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.number)))
        assert ledger.verify(session, {}, progress=lambda *_: None).number == len(kinds)
        assert ledger.strays(session) == []
    assert kinds[-1] == "person.erased"


def commenter_id(site: Site) -> int:
    with site.database.read() as session:
        return session.scalars(select(Commenter.id).where(Commenter.email == ADDRESS)).one()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_erased_comment_leaves_pages_and_feeds(site: Site) -> None:
    post = site.post()
    first = site.published(post, SECRET, name="Bob Rose")
    site.published(post, "An answer.", parent_id=first, email="carol@example.org", name="Carol")
    client = site.client()
    paths = (f"/posts/{post.slug}", f"/posts/{post.slug}/comments.atom", "/comments.atom")
    assert all(SECRET in client.get(path).text for path in paths)

    assert client.post(f"{own_page(site, first)}/erase").status_code == 303

    for path in paths:
        assert SECRET not in client.get(path).text
        assert "Bob Rose" not in client.get(path).text
    assert "An answer." in client.get(paths[0]).text
    assert site.counts(post) == (1, 1)
    assert "Its text is gone." in client.get(own_page(site, first)).text


def test_open_case_puts_erasure_off(site: Site) -> None:
    post, maud = site.post(), site.maud()
    client = site.client()
    first = site.published(post, SECRET)
    report(site, first)
    page = client.get(data_page(site, client, first))
    client.post(page.url.path, data={"sure": "yes"})
    assert site.comment(first).revision.body == SECRET
    assert "until it is answered" in client.get(page.url.path).text
    assert "then erased by itself" in client.get(own_page(site, first)).text

    desk = site.client_of(maud)
    sent = form(desk.get("/admin/moderation"), f"case-{first}") | {"decision": "keep"}
    assert desk.post(f"/admin/moderation/{first}", data=sent).status_code == 303
    site.deliver()

    assert site.comment(first).state is State.ERASED
    assert SECRET not in everything(site)
    assert ADDRESS not in everything(site)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_person_downloads_everything(site: Site) -> None:
    post = site.post()
    client = site.client()
    first = comment_id_of(site, comment_on(client, post, SECRET))
    link = data_page(site, client, first)

    answer = client.get(f"{link}/export")

    found = answer.json()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert found["address"]["email"] == ADDRESS
    assert found["comments"][0]["texts"][0]["body"] == SECRET
    assert found["comments"][0]["sent_from"]["address"] == "127.0.0.1"
    assert "secret" not in client.get(link).headers.get("referrer-policy", "")
    assert client.get(f"/my/data/{link.split('/')[-1]}x").status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sources_are_seen_with_a_reason(site: Site) -> None:
    post, maud, ada = site.post(), site.maud(), site.ada()
    comment_on(site.client(), post, "From somewhere.")
    path = f"/admin/moderation/addresses/{commenter_id(site)}/data"
    assert site.client_of(maud).get(path).status_code == 404
    desk = site.client_of(ada)
    page = desk.get(path)
    assert "127.0.0.1" not in page.text
    assert desk.post(path, data=form(page, "sources-form") | {"action": "look"}).status_code == 422

    sent = form(page, "sources-form") | {"action": "look", "reason": "Asked for by the court of Nantes."}
    answer = desk.post(path, data=sent)

    assert "127.0.0.1" in desk.get(answer.headers["location"]).text
    other = site.client_of(site.person("Anne", ada.role))
    assert "127.0.0.1" not in other.get(answer.headers["location"]).text
    with site.database.read() as session:
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "source.seen")).one()
        assert "Nantes" not in entry.facts
        assert session.scalars(select(Event.explanation).where(Event.kind == "source.seen")).one().startswith("Asked")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_administrator_erases_an_address(site: Site) -> None:
    post, ada = site.post(), site.ada()
    first = site.published(post, SECRET)
    path = f"/admin/moderation/addresses/{commenter_id(site)}/data"
    desk = site.client_of(ada)

    sent = form(desk.get(path), "erase-form") | {"action": "erase", "sure": "yes"}
    answer = desk.post(path, data=sent)

    assert "done=erased" in answer.headers["location"]
    assert desk.get(answer.headers["location"]).status_code == 200
    assert site.comment(first).state is State.ERASED
    assert SECRET not in everything(site)
    decided = next(event for event in site.history(first) if event.decision)
    assert decided.person_id == ada.id
