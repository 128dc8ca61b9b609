"""Measures against people: what they stop, what they say, and that whom they concern is told."""

import pytest
from friends import Site, comment_id_of, comment_on, form
from sqlalchemy import func, select

from agora.actions import measures
from agora.rules.errors import FieldErrors
from agora.rules.measures import MeasureKind
from agora.rules.moderation import State
from agora.store.appeals import Appeal, Ruling
from agora.store.cases import Case
from agora.store.comments import Comment, Commenter
from agora.store.events import Event
from agora.store.ledger import LedgerEntry
from agora.store.measures import Measure
from agora.store.people import Person
from agora.store.statements import Statement

# What is asked of the database is small and plain: one kind is enough here.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def bob(site: Site) -> int:
    with site.database.read() as session:
        return session.scalars(select(Commenter.id).where(Commenter.email == "bob@example.org")).one()


def impose(site: Site, maud: Person, kind: MeasureKind, **stated: object) -> int:
    """A measure against Bob, who has commented."""
    with site.writing() as session:
        whom = stated or {"commenter": session.get(Commenter, bob(site))}
        fields = {"clause": 1, "explanation": "Three insults in one week.", "by": maud, "now": site.clock.now}
        return measures.impose(session, kind, **{**fields, **whom}).id  # type: ignore[arg-type]


def test_suspended_address_is_refused(site: Site) -> None:
    post, maud, client = site.post(), site.maud(), site.client()
    comment_on(client, post, "The first one.")
    impose(site, maud, MeasureKind.SUSPENSION)

    answer = comment_on(client, post, "The second one.")

    assert answer.status_code == 403
    assert "The second one." in answer.text, "the text comes back"
    link = answer.text.split('href="/my/measure/')[1].split('"')[0]
    page = client.get(f"/my/measure/{link}")
    assert "Three insults in one week." in page.text
    assert comment_on(client, post, "Somebody else.", email="carol@example.org").status_code == 303


def test_suspended_address_edits_nothing(site: Site) -> None:
    post, maud, client = site.post(), site.maud(), site.client()
    comment_id = comment_id_of(site, comment_on(client, post, "The first one."))
    impose(site, maud, MeasureKind.SUSPENSION)
    own = f"/my/comment/{site.tokens.sign('my-comment', comment_id)}"
    assert '<a href="/my/measure/' in client.get(own).text

    answer = client.post(own, data={"body": "Something worse."})

    assert answer.status_code == 403
    assert "Something worse." in answer.text, "the text comes back"
    assert site.comment(comment_id).revision.body == "The first one."


def test_suspension_ends_by_itself(site: Site) -> None:
    post, maud, client = site.post(), site.maud(), site.client()
    comment_on(client, post, "The first one.")
    impose(site, maud, MeasureKind.SUSPENSION, commenter=_commenter(site), until=_in(site, days=3))
    assert comment_on(client, post, "Too early.").status_code == 403

    site.clock.forward(days=3, minutes=1)

    assert comment_on(client, post, "In time.").status_code == 303


def test_warning_is_acknowledged_with_comment(site: Site) -> None:
    post, maud, client = site.post(), site.maud(), site.client()
    comment_on(client, post, "The first one.")
    measure_id = impose(site, maud, MeasureKind.WARNING, commenter=_commenter(site), until=_in(site, days=7))
    site.clock.forward(days=8)
    refused = comment_on(client, post, "The second one.")
    assert refused.status_code == 403

    token = refused.text.split('name="warning" value="')[1].split('"')[0]
    sent = form(refused, "comment-form") | {"warning": token}
    answer = client.post(f"/posts/{post.slug}/comments", data=sent)

    assert answer.status_code == 303
    with site.database.read() as session:
        assert session.get_one(Measure, measure_id).acknowledged_at == site.clock.now


def test_held_sender_waits_everywhere(site: Site) -> None:
    post, maud, client = site.post(), site.maud(), site.client()
    first = site.published(post, source="x")
    assert site.comment(first).state is State.PUBLISHED
    impose(site, maud, MeasureKind.HOLD)

    answer = comment_on(client, post, "Meanwhile.")

    held = site.comment(comment_id_of(site, answer))
    assert held.state is State.PENDING
    assert "sender-held" in [reason.code for reason in held.revision.why]


def test_network_is_suspended_for_a_time(site: Site) -> None:
    post, maud, client = site.post(), site.maud(), site.client()
    comment_id = comment_id_of(site, comment_on(client, post, "The first one."))
    source = site.comment(comment_id).source
    with pytest.raises(FieldErrors, match="days"):
        impose(site, maud, MeasureKind.SUSPENSION, source=source, until=_in(site, days=31))
    impose(site, maud, MeasureKind.SUSPENSION, source=source, until=_in(site, days=30))

    assert comment_on(client, post, "From there.", email="carol@example.org").status_code == 403


def test_reasons_stay_private_elsewhere(site: Site) -> None:
    """Somebody else who types a confirmed address learns no more than that it cannot be used."""
    post, maud = site.post(), site.maud()
    site.published(post)
    with site.writing() as session:
        commenter = session.get_one(Commenter, bob(site))
        commenter.verified_at, commenter.proven_from = site.clock.now, "Bob's own browser"
    impose(site, maud, MeasureKind.SUSPENSION)

    answer = comment_on(site.client(), post, "I am Bob.")

    assert answer.status_code == 403
    assert "/my/measure/" not in answer.text
    assert "insults" not in answer.text


def test_letter_tells_and_tells_the_end(site: Site) -> None:
    post, maud = site.post(), site.maud()
    site.published(post, letters=True)
    site.deliver()
    measure_id = impose(site, maud, MeasureKind.SUSPENSION)
    site.deliver()
    before = len(site.letters())
    site.clock.forward(minutes=2)
    site.deliver()
    told = site.letters()[before:]
    with site.writing() as session:
        measures.end(session, session.get_one(Measure, measure_id), by=maud, now=site.clock.now)
    site.deliver()

    assert ["measure" in str(letter["Subject"]) for letter in told] == [True]
    assert "insults" in told[0].get_content()
    assert "ended" in str(site.letters()[-1]["Subject"])


def test_granted_appeal_ends_the_measure(site: Site) -> None:
    post, maud, ada, client = site.post(), site.maud(), site.ada(), site.client()
    comment_on(client, post, "The first one.")
    measure_id = impose(site, maud, MeasureKind.SUSPENSION)
    link = comment_on(client, post, "The second one.").text.split('href="/my/measure/')[1].split('"')[0]
    assert client.post(f"/my/measure/{link}", data={"appeal": " "}).status_code == 422
    assert client.post(f"/my/measure/{link}", data={"appeal": "It was not me."}).status_code == 303

    def answer(person: Person) -> int:
        desk = site.client_of(person)
        page = desk.get(f"/admin/measures/{measure_id}")
        assert "It was not me." in page.text
        sent = form(page, "end-form") | {"action": "end", "explanation": "Indeed it was not."}
        return desk.post(f"/admin/measures/{measure_id}", data=sent).status_code

    assert answer(maud) == 403, "nobody answers the appeal against what they decided"
    assert answer(ada) == 303
    assert "Indeed it was not." in client.get(f"/my/measure/{link}").text
    assert comment_on(client, post, "The third one.").status_code == 303
    with site.database.read() as session:
        assert session.scalars(select(Appeal.ruling)).one() is Ruling.GRANTED
        assert session.scalars(select(Statement.reversed_at)).one() == site.clock.now
        assert session.scalar(select(func.count()).select_from(Case).where(Case.measure_id.is_not(None))) == 0


def test_measure_leaves_a_record(site: Site) -> None:
    post, maud = site.post(), site.maud()
    site.published(post)
    measure_id = impose(site, maud, MeasureKind.SUSPENSION)

    with site.database.read() as session:
        statement = session.scalars(select(Statement).where(Statement.measure_id == measure_id)).one()
        assert (statement.measure, statement.exempt) == ("suspended", "no_contact")
        assert session.scalars(select(Event.kind).where(Event.id == statement.event_id)).one() == "measure.imposed"
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "measure.imposed")).one()
        assert statement.puid in entry.facts
        assert "insults" not in entry.facts


def _commenter(site: Site) -> Commenter:
    with site.database.read() as session:
        found = session.get_one(Commenter, bob(site))
        session.expunge(found)
        return found


def _in(site: Site, **span: float) -> object:
    clock = site.clock.now
    site.clock.forward(**span)
    then, site.clock.now = site.clock.now, clock
    return then


def test_moderator_suspends_from_the_desk(site: Site) -> None:
    post, maud, ada = site.post(), site.maud(), site.ada()
    comment_id = site.waiting(post, source="from there")
    desk = site.client_of(maud)
    page = desk.get(f"/admin/measures/new?commenter={bob(site)}")
    wrong = desk.post("/admin/measures/new", data=form(page, "measure-form") | {"kind": "suspension"})
    assert wrong.status_code == 422

    sent = form(wrong, "measure-form") | {"reason": "1", "explanation": "Insults.", "days": "7"}
    assert desk.post("/admin/measures/new", data=sent).status_code == 303
    network = desk.get(f"/admin/measures/new?network_of={comment_id}")
    assert 'value="warning"' not in network.text

    listed = desk.get("/admin/measures").text
    assert "bob@example.org" in listed
    measure = listed.split('<a href="/admin/measures/')[1].split('"')[0]
    ended = desk.post(f"/admin/measures/{measure}", data=form(desk.get(f"/admin/measures/{measure}"), "end-form"))
    assert ended.status_code == 303
    assert "No measure is in force" in site.client_of(ada).get("/admin/measures").text


def test_notes_are_for_moderators(site: Site) -> None:
    post, maud, ada, alice = site.post(), site.maud(), site.ada(), site.alice()
    site.waiting(post)
    path = f"/admin/moderation/addresses/{bob(site)}"
    desk = site.client_of(maud)
    sent = form(desk.get(path), "note-form") | {"note": "Knows the garden well."}
    assert desk.post(f"{path}/notes", data=sent).status_code == 303

    assert "Knows the garden well." in site.client_of(ada).get(path).text
    assert site.client_of(alice).get(path).status_code == 404
    with site.database.read() as session:
        assert session.scalars(select(Comment)).one().version == 1
