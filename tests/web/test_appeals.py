"""Contesting a decision: once, for six months, answered by somebody else with reasons; a reversal restores at once."""

from datetime import timedelta

import httpx
import pytest
from friends import Site
from sqlalchemy import select

from agora.actions import moderation
from agora.actions import site as site_actions
from agora.rules.moderation import UNDO_SECONDS, Decision, Party, State
from agora.rules.statements import Exemption, Legal
from agora.store.appeals import Appeal, Ruling
from agora.store.cases import Case, CaseKind
from agora.store.comments import comment_in_full
from agora.store.people import Person
from agora.store.statements import Statement
from web.looking import ON_SQLITE, csrf_of, how_many, words_of

BOB = "bob@example.org"
WHY = "It was a quotation, and the article discusses it."


def own(site: Site, comment_id: int) -> str:
    return f"/my/comment/{site.tokens.sign('my-comment', comment_id)}"


def contest(site: Site, comment_id: int, text: str = WHY) -> httpx.Response:
    return site.client().post(f"{own(site, comment_id)}/appeal", data={"appeal": text})


def decide(site: Site, person: Person, comment_id: int, decision: str, **fields: str) -> httpx.Response:
    """Decide as the desk does, whatever its queue shows."""
    client = site.client_of(person)
    sent = {"csrf": csrf_of(client.get("/account")), "version": str(site.comment(comment_id).version)}
    return client.post(f"/admin/moderation/{comment_id}", data=sent | {"decision": decision} | fields)


def appeal_of(site: Site) -> Appeal:
    with site.database.read() as session:
        appeal = session.scalars(select(Appeal)).one()
        session.expunge_all()
        return appeal


def statement_of(site: Site) -> Statement:
    with site.database.read() as session:
        statement = session.scalars(select(Statement)).one()
        session.expunge_all()
        return statement


def letters_to(site: Site, address: str) -> list[str]:
    site.clock.forward(seconds=UNDO_SECONDS + 1)
    site.deliver()
    return [f"{letter['Subject']}\n{letter.get_content()}" for letter in site.letters() if letter["To"] == address]


@pytest.fixture
def maud(site: Site) -> Person:
    return site.maud()


@pytest.fixture
def hidden(site: Site, maud: Person) -> int:
    """A comment that Maud hid, whose writer gets letters."""
    comment_id = site.published(site.post(), "A rude remark.", letters=True)
    answer = decide(site, maud, comment_id, "hide", reason="1", explanation="This is rude.")
    assert answer.status_code == 303, answer.text
    return comment_id


# Statements of reasons


def test_restriction_is_told(site: Site, hidden: int) -> None:
    """On the own page at once, and by a letter, from which the time to contest it counts."""
    page = words_of(site.client().get(own(site, hidden)))
    assert statement_of(site).informed_at is None

    letter = letters_to(site, BOB)[-1]

    for text in (page, letter):
        assert "no longer shown" in text
        assert "This is rude." in text
        assert "A person took this decision, not a program." in text
        assert "out-of-court" in text
    assert "within six months" in page
    statement = statement_of(site)
    assert (statement.informed_at, statement.informed_by) == (site.clock.now, "letter")
    assert "You can contest this decision here until" in words_of(site.client().get(own(site, hidden)))


@ON_SQLITE
def test_unreachable_writer_has_the_page(site: Site, maud: Person) -> None:
    """An address that anyone may have typed is no contact (art. 17(2)); the page tells it all the same."""
    comment_id = site.published(site.post(), "A rude remark.")
    decide(site, maud, comment_id, "hide", reason="1")

    statement = statement_of(site)
    assert (statement.exempt, statement.contact_known) == (Exemption.NO_CONTACT, False)
    assert (statement.informed_at, statement.informed_by) == (site.clock.now, "page")
    assert not letters_to(site, BOB)
    assert contest(site, comment_id).status_code == 303


@ON_SQLITE
def test_team_member_is_told_too(site: Site, maud: Person) -> None:
    alice, post = site.alice(), site.post()
    client = site.client_of(alice)
    client.post(f"/posts/{post.slug}/comments", data={"body": "Nonsense!", "token": token_of(client, post.slug)})
    decide(site, maud, 1, "hide", reason="1")

    assert "a moderator hid your comment" in letters_to(site, alice.email)[-1]


def token_of(client: httpx.Client, slug: str) -> str:
    page = client.get(f"/posts/{slug}").text
    return page.split('name="token" value="', 1)[1].split('"', 1)[0]


@ON_SQLITE
def test_statement_keeps_its_charter(site: Site, hidden: int) -> None:
    """A decision rests on the charter of its day, which can still be read."""
    before = site.client().get("/charter")
    with site.writing() as session:
        site_actions.change_charter(
            session, "New.\n\n## Only rule\n\nText.", language="en", by=None, now=site.clock.now
        )

    page = site.client().get(own(site, hidden))

    link = f"/charter?version={statement_of(site).charter_id}"
    assert f'href="{link}#clause-1"' in page.text
    old = site.client().get(link)
    assert "Ceci est une version antérieure" in old.text  # in its own language
    assert "Rester courtois" in before.text
    assert "Rester courtois" in old.text
    assert "Rester courtois" not in site.client().get("/charter").text
    assert site.client().get("/charter?version=999").status_code == 404


@ON_SQLITE
def test_law_is_named(site: Site, maud: Person) -> None:
    comment_id = site.published(site.post(), "A rude remark.", letters=True)
    law = Legal("Article 24 of the law of 29 July 1881")
    decide(site, maud, comment_id, "hide", law=law.law, category="speech")

    page = words_of(site.client().get(own(site, comment_id)))

    assert law.law in page
    assert law.law in letters_to(site, BOB)[-1]


# Appeals


def test_appeal_restores_at_once(site: Site, maud: Person, hidden: int) -> None:
    ada = site.ada()

    answer = contest(site, hidden)

    assert answer.status_code == 303
    page = words_of(site.client().get(answer.headers["location"]))
    appeal = appeal_of(site)
    assert appeal.reference in page
    assert "It waits for an answer." in page
    assert appeal.answer_due_at - appeal.lodged_at == timedelta(days=15)
    assert decide(site, maud, hidden, "restore", explanation="Well.").status_code == 403
    assert decide(site, ada, hidden, "restore").status_code == 422  # an answer has reasons
    assert decide(site, ada, hidden, "restore", explanation="You are right.").status_code == 303
    assert site.comment(hidden).state is State.PUBLISHED
    assert (appeal_of(site).ruling, appeal_of(site).reviewer_id) == (Ruling.GRANTED, ada.id)
    page = words_of(site.client().get(own(site, hidden)))
    assert "You were right: the decision was changed. You are right." in page
    letters = letters_to(site, BOB)
    assert appeal.reference in letters[-2] + letters[-1]
    assert "You are right." in letters[-1]
    assert not [letter for letter in letters if "is published" in letter.splitlines()[0]]  # the answer says it


@ON_SQLITE
def test_appeal_is_refused_with_reasons(site: Site, hidden: int) -> None:
    contest(site, hidden)

    assert decide(site, site.ada(), hidden, "keep", explanation="It is rude all the same.").status_code == 303

    assert site.comment(hidden).state is State.HIDDEN
    page = site.client().get(own(site, hidden))
    assert "The decision was read again, and stays. It is rude all the same." in words_of(page)
    assert 'id="contest"' not in page.text
    assert "It is rude all the same." in letters_to(site, BOB)[-1]
    assert contest(site, hidden, "Once more.").status_code == 409


@ON_SQLITE
def test_appeal_counts_once(site: Site, hidden: int) -> None:
    answers = [contest(site, hidden).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert how_many(site, Appeal) == 1
    assert contest(site, hidden, "In other words.").status_code == 409


@pytest.mark.parametrize("text", ["", " \n", "x" * 5001], ids=["empty", "blank", "long"])
@ON_SQLITE
def test_appeal_says_why(site: Site, hidden: int, text: str) -> None:
    page = contest(site, hidden, text)

    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert how_many(site, Appeal) == 0


@pytest.mark.parametrize(("days", "status"), [(180, 303), (185, 409)])
@ON_SQLITE
def test_appeal_is_possible_for_months(site: Site, hidden: int, days: int, status: int) -> None:
    letters_to(site, BOB)
    site.clock.forward(days=days)

    assert contest(site, hidden).status_code == status


@ON_SQLITE
def test_nothing_to_contest(site: Site) -> None:
    comment_id = site.published(site.post())

    assert contest(site, comment_id).status_code == 409


@ON_SQLITE
def test_only_moderator_answers_alone(site: Site, maud: Person, hidden: int) -> None:
    """Where there is nobody else, the record says so."""
    contest(site, hidden)

    assert decide(site, maud, hidden, "keep", explanation="Read twice.").status_code == 303

    assert appeal_of(site).same_person
    assert "this site has nobody else" in words_of(site.client().get(own(site, hidden)))


@ON_SQLITE
def test_appeal_waits_in_the_queue(site: Site, maud: Person, hidden: int) -> None:
    site.clock.forward(hours=1)
    contest(site, hidden)

    with site.database.read() as session:
        case = session.scalars(select(Case)).one()
        assert (case.kind, case.comment_id, case.opened_at) == (CaseKind.APPEAL, hidden, site.clock.now)
    called = letters_to(site, maud.email)[-1]
    assert "An appeal waits" in called
    assert WHY in called


@ON_SQLITE
def test_spam_can_be_contested(site: Site, maud: Person) -> None:
    """No letter answers spam (art. 17(2)), but who was taken for it by mistake can say so."""
    comment_id = site.published(site.post(), "My own garden has a site.")
    decide(site, maud, comment_id, "spam")

    page = words_of(site.client().get(own(site, comment_id)))

    assert "taken for unwanted advertising" in page
    assert contest(site, comment_id).status_code == 303


@ON_SQLITE
def test_erased_comment_ends_its_appeal(site: Site, maud: Person, hidden: int) -> None:
    contest(site, hidden)
    with site.writing() as session:
        comment = comment_in_full(session, hidden)
        assert comment
        moderation.decide(
            session, comment, Decision.ERASE, party=Party.COMMENTER, version=comment.version, now=site.clock.now
        )

    assert appeal_of(site).ruling is Ruling.MOOT
    letter = letters_to(site, BOB)[-1]
    assert "nothing left to decide" in letter
    assert "Somebody else" not in letter
