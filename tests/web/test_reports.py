"""Reporting a comment: anyone can, gets a receipt at once, and can follow what becomes of it."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from friends import Site, form
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from agora.actions import measures
from agora.actions import site as site_actions
from agora.actions.moderation import undo
from agora.rules.measures import MeasureKind
from agora.rules.moderation import UNDO_SECONDS, Decision, State
from agora.rules.statements import Category, Ground, Prompt
from agora.store.appeals import Appeal
from agora.store.cases import Case, CaseKind
from agora.store.comments import Commenter, comment_in_full
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.reports import Outcome, Report, ReportItem
from agora.store.schema import migrate
from agora.store.statements import Statement
from web.looking import ON_SQLITE, article, complaint, csrf_of, how_many, words_of

CAROL = "carol@example.org"
WHY = "The second sentence insults the neighbours."
FULL = {"reason": "1", "explanation": WHY, "name": "Carol", "email": CAROL, "good_faith": "yes"}


def send(client: httpx.Client, comment_id: int, **fields: str) -> httpx.Response:
    """Report a comment, as a reader with a browser does."""
    address = f"/comments/{comment_id}/report"
    sent = form(client.get(address), "report-form") | FULL | fields
    return client.post(address, data=sent)


def decide(site: Site, person: Person, comment_id: int, decision: str, **fields: str) -> httpx.Response:
    """Decide as the desk does, whatever its queue shows."""
    client = site.client_of(person)
    sent = {"csrf": csrf_of(client.get("/account")), "version": str(site.comment(comment_id).version)}
    return client.post(f"/admin/moderation/{comment_id}", data=sent | {"decision": decision} | fields)


def report_of(site: Site) -> Report:
    """The only report that there is."""
    with site.database.read() as session:
        report = session.scalars(select(Report).options(joinedload(Report.items))).unique().one()
        session.expunge_all()
        return report


def cases(site: Site) -> list[tuple[CaseKind, int | None]]:
    with site.database.read() as session:
        return [(case.kind, case.comment_id) for case in session.scalars(select(Case).order_by(Case.id))]


def letters_to(site: Site, address: str) -> list[str]:
    """The texts of all letters to somebody, once nothing can be taken back."""
    site.clock.forward(seconds=UNDO_SECONDS + 1)
    site.deliver()
    return [f"{letter['Subject']}\n{letter.get_content()}" for letter in site.letters() if letter["To"] == address]


def path_in(text: str, start: str) -> str:
    found = re.search(rf"https?://[^/\s]+({start}\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture
def post(site: Site) -> Post:
    return site.post()


@pytest.fixture
def bobs(site: Site, post: Post) -> int:
    return site.published(post, "Such neighbours! Idiots, all of them.")


def test_report_gets_a_receipt(site: Site, post: Post, bobs: int) -> None:
    """From the link under the comment to the page that follows it, without an account."""
    client = site.client(follow_redirects=True)
    link = re.search(r'href="(/comments/\d+/report)"', article(client.get(f"/posts/{post.slug}"), bobs))
    assert link
    assert link[1] == f"/comments/{bobs}/report"

    page = send(client, bobs)

    report = report_of(site)
    assert f"<h1>{report.reference}</h1>" in page.text
    assert "Nobody has decided yet." in words_of(page)
    assert WHY in words_of(page)
    assert page.headers["cache-control"] == "private, no-store"
    assert (report.ground, report.clause, report.category) == (Ground.CHARTER, 1, Category.OTHER_VIOLATION)
    assert [(item.comment_id, item.outcome) for item in report.items] == [(bobs, Outcome.OPEN)]
    assert cases(site) == [(CaseKind.REPORT, bobs)]
    assert site.comment(bobs).state is State.PUBLISHED
    receipt = letters_to(site, CAROL)[-1]
    assert report.reference in receipt
    assert WHY not in receipt  # nobody can make the site send words of their own to somebody else
    assert client.get(path_in(receipt, "/my/report/")).status_code == 200


WRONG = {
    "no reason": ({"reason": ""}, "reason"),
    "no such clause": ({"reason": "99"}, "reason"),
    "no offence": ({"reason": "law"}, "offence"),
    "no explanation": ({"explanation": " "}, "explanation"),
    "too long": ({"explanation": "x" * 5001}, "explanation"),
    "no name": ({"name": ""}, "name"),
    "no address": ({"email": "carol"}, "email"),
    "no good faith": ({"good_faith": ""}, "good_faith"),
    "the trap": ({"homepage": "https://spam.example"}, "explanation"),
}


@pytest.mark.parametrize("case", WRONG)
@ON_SQLITE
def test_wrong_report_comes_back(site: Site, bobs: int, case: str) -> None:
    fields, field = WRONG[case]

    page = send(site.client(), bobs, **fields)

    assert page.status_code == 422
    if field == "reason":
        assert 'id="reason-error"' in page.text
    else:
        assert complaint(page, field)
    if case not in {"no explanation", "too long"}:
        assert WHY in page.text
    assert how_many(site, Report) == 0


@ON_SQLITE
def test_child_is_protected_namelessly(site: Site, bobs: int) -> None:
    """Art. 16(2)(c): for these offences nobody need say who they are."""
    page = send(site.client(follow_redirects=True), bobs, reason="law", offence="minors", name="", email="")

    report = report_of(site)
    assert page.status_code == 200
    assert (report.ground, report.category, report.name, report.commenter_id) == (Ground.LAW, Category.MINORS, "", None)
    assert report.weight == 0.5


@ON_SQLITE
def test_same_report_is_one(site: Site, bobs: int) -> None:
    first, second = (send(site.client(), bobs) for _ in range(2))
    other = send(site.client(), bobs, explanation="Another thing.")

    assert {first.status_code, second.status_code, other.status_code} == {303}
    assert how_many(site, Report) == 2


@ON_SQLITE
def test_one_report_names_several(site: Site, post: Post, bobs: int) -> None:
    """Further addresses of this site are part of it; what leads elsewhere is kept as it was typed."""
    other = site.published(post, "The same again, and worse.")
    waiting = site.waiting(post, "Nobody can see this one.")
    further = f"{site.base_url}/comments/{other}\nhttps://elsewhere.example/comments/{waiting}\n/comments/{waiting}"

    send(site.client(), bobs, further=further)

    report = report_of(site)
    assert [item.comment_id for item in report.items] == [bobs, other]
    assert report.further_addresses.split() == further.split()


@pytest.mark.parametrize("state", ["waiting", "unpublished"])
@ON_SQLITE
def test_only_public_comments_are_reported(site: Site, post: Post, bobs: int, state: str) -> None:
    if state == "waiting":
        bobs = site.waiting(post, "Another.")
    else:
        site.unpublish(post)

    assert site.client().get(f"/comments/{bobs}/report").status_code == 404
    assert site.client().post(f"/comments/{bobs}/report", data=FULL).status_code == 404


DECIDED = {
    "hide": ("The comment is no longer shown.", Outcome.UPHELD),
    "keep": ("The comment stays as it is.", Outcome.DISMISSED),
}


@pytest.mark.parametrize("decision", DECIDED)
def test_reporter_learns_the_decision(site: Site, bobs: int, decision: str) -> None:
    sentence, outcome = DECIDED[decision]
    follow = send(site.client(), bobs).headers["location"]
    reason = {"reason": "1", "explanation": "We looked at it twice."}

    answer = decide(site, site.maud(), bobs, decision, **reason)

    assert answer.status_code == 303, answer.text
    assert report_of(site).items[0].outcome is outcome
    page = site.client().get(follow)
    letter = letters_to(site, CAROL)[-1]
    for text in (words_of(page), letter):
        assert sentence in text
        assert "We looked at it twice." in text
    assert "court" in letter
    assert cases(site) == []


@ON_SQLITE
def test_restriction_names_the_report(site: Site, bobs: int) -> None:
    send(site.client(), bobs)
    decide(site, site.maud(), bobs, "hide", reason="1")

    with site.database.read() as session:
        statement = session.scalars(select(Statement)).one()
        assert statement.prompt is Prompt.NOTICE
        assert statement.report_id == report_of(site).id
    page = site.client().get(f"/my/comment/{site.tokens.sign('my-comment', bobs)}")
    assert "A reader reported it." in words_of(page)
    assert "Carol" not in page.text


@ON_SQLITE
def test_undone_decision_tells_nobody(site: Site, bobs: int) -> None:
    send(site.client(), bobs)
    maud = site.maud()
    decide(site, maud, bobs, "hide", reason="1")
    with site.writing() as session:
        hidden = comment_in_full(session, bobs)
        assert hidden
        undo(session, hidden, person=maud, version=hidden.version, now=site.clock.now)

    assert report_of(site).items[0].outcome is Outcome.OPEN
    assert not [text for text in letters_to(site, CAROL) if "no longer shown" in text]
    assert cases(site) == [(CaseKind.REPORT, bobs)]


@ON_SQLITE
def test_reporter_contests_that_it_stays(site: Site, bobs: int) -> None:
    """Another moderator reads it again, and the comment goes."""
    client = site.client(follow_redirects=True)
    page = send(client, bobs)
    maud, ada = site.maud(), site.ada()
    decide(site, maud, bobs, "keep", explanation="A strong word, no more.")
    page = client.get(str(page.url))
    action = re.search(r'action="([^"]+)"', page.text[page.text.index('id="contest"') :])
    assert action

    empty = client.post(action[1], data={"appeal": " "})
    page = client.post(action[1], data={"appeal": "It names my children."})

    assert (empty.status_code, page.status_code) == (422, 200)
    assert "It waits for an answer." in words_of(page)
    assert 'id="contest"' not in page.text
    assert cases(site) == [(CaseKind.APPEAL, bobs)]
    own = site.client().get(f"/my/comment/{site.tokens.sign('my-comment', bobs)}")
    assert "contested" not in own.text  # who reported, and goes on, is no business of who wrote
    assert decide(site, maud, bobs, "hide", reason="6", explanation="No.").status_code == 403
    assert decide(site, ada, bobs, "hide", reason="6", explanation="It does.").status_code == 303
    assert site.comment(bobs).state is State.HIDDEN
    page = client.get(str(page.url).split("?")[0])
    assert "You were right: the decision was changed. It does." in words_of(page)
    letters = letters_to(site, CAROL)
    assert "your appeal was right" in letters[-1]
    assert how_many(site, Appeal) == 1


# What reports weigh


def test_many_reports_hide_until_read(database_url: str, tmp_path: Path) -> None:
    with Site(database_url, tmp_path / "weighing", reports_hide="1") as site:
        post = site.post()
        bobs = site.published(post, "Idiots, all of them.", letters=True)
        maud = site.maud()

        send(site.client(), bobs)
        send(site.client(), bobs, explanation="I say it again.")
        assert site.comment(bobs).state is State.PUBLISHED  # whoever reports twice counts once
        send(site.client(), bobs, name="Dan", email="dan@example.org")

        held = site.comment(bobs)
        assert held.state is State.PENDING
        assert [reason.code for reason in held.revision.why] == ["reported"]
        assert "Idiots" not in site.client().get(f"/posts/{post.slug}").text
        own = words_of(site.client().get(f"/my/comment/{site.tokens.sign('my-comment', bobs)}"))
        assert "Your comment is not shown until a moderator has read it." in own
        assert "A program took this decision by itself" in own
        letter = letters_to(site, "bob@example.org")[-1]
        assert "waits to be read" in letter
        with site.database.read() as session:
            statement = session.scalars(select(Statement)).one()
            assert (statement.decision, statement.informed_by) == (Decision.HOLD, "letter")
        assert cases(site) == [(CaseKind.REPORT, bobs)]
        own = f"/my/comment/{site.tokens.sign('my-comment', bobs)}"
        site.client().post(own, data={"body": "Idiots, nearly all of them."})
        assert site.comment(bobs).state is State.PENDING  # another text does not answer a report
        assert decide(site, maud, bobs, "approve").status_code == 303
        assert {item.outcome for item in report_items(site)} == {Outcome.DISMISSED}
        for name in ("eve", "fay"):  # what a moderator has read is not hidden by numbers again
            send(site.client(), bobs, email=f"{name}@example.org")
        assert site.comment(bobs).state is State.PUBLISHED


def report_items(site: Site) -> list[ReportItem]:
    with site.database.read() as session:
        items = list(session.scalars(select(ReportItem)))
        session.expunge_all()
        return items


@ON_SQLITE
def test_confirmed_reporter_weighs_more(site: Site, bobs: int) -> None:
    send(site.client(), bobs)
    assert report_of(site).weight == 0.5
    link = path_in(letters_to(site, CAROL)[-1], "/my/reporter/")

    looked = site.client().get(link)
    assert report_of(site).weight == 0.5
    answer = site.client().post(link)

    assert (looked.status_code, answer.status_code) == (200, 303)
    assert (report_of(site).weight, report_of(site).proven) == (1.0, True)


@ON_SQLITE
def test_unfounded_reports_weigh_less(site: Site, post: Post) -> None:
    """And those that others sent under the same address are not held against its owner."""
    maud = site.maud()
    weights = []
    for word in ("One", "Two", "Three"):
        comment_id = site.published(post, f"{word} harmless comment.")
        weights.append(weigh(site, comment_id, maud))

    assert weights == [1.0, 0.667, 0.5]


def weigh(site: Site, comment_id: int, maud: Person) -> float:
    """What Carol's report of a comment weighs, who has confirmed her address; it is then dismissed."""
    send(site.client(), comment_id)
    confirm(site)
    decide(site, maud, comment_id, "keep")
    return reports_of(site)[-1].weight


@ON_SQLITE
def test_unfounded_reports_are_pointed_out(site: Site, post: Post) -> None:
    """Art. 23(2): the moderators see on the card that a warning or a suspension may be due."""
    maud = site.maud()
    for number in range(5):
        weigh(site, site.published(post, f"Harmless comment {number}."), maud)
    last = site.published(post, "The last harmless comment.")

    send(site.client(), last, explanation="Once more.")

    page = site.client_of(maud).get("/admin/moderation")
    assert "The last 5 reports of this person were dismissed." in page.text
    assert f"/admin/measures/new?commenter={reports_of(site)[-1].commenter_id}" in page.text


def reports_of(site: Site) -> list[Report]:
    with site.database.read() as session:
        reports = list(session.scalars(select(Report).order_by(Report.id)))
        session.expunge_all()
        return reports


def confirm(site: Site) -> None:
    """Carol follows the link in the receipt of her last report."""
    token = site.tokens.sign("confirm-report", reports_of(site)[-1].id)
    assert site.client().post(f"/my/reporter/{token}").status_code == 303


@ON_SQLITE
def test_suspended_reporter_is_told(site: Site, bobs: int) -> None:
    """Nothing is taken, nothing is lost, and the page of the measure says why and until when."""
    send(site.client(), bobs)
    confirm(site)
    maud = site.maud()
    with site.writing() as session:
        measures.impose(
            session,
            MeasureKind.NO_REPORTS,
            commenter=session.get(Commenter, reports_of(site)[-1].commenter_id),
            clause=8,
            explanation="Five reports of nothing.",
            until=site.clock.now + timedelta(days=30),
            by=maud,
            now=site.clock.now,
        )

    page = send(site.client(), bobs, explanation="Another one.")

    assert page.status_code == 403
    assert "Another one." in page.text
    assert "Five reports of nothing." in site.client().get(path_of_measure(page)).text
    assert how_many(site, Report) == 1


def path_of_measure(page: httpx.Response) -> str:
    found = re.search(r'href="(/my/measure/[^"]+)"', page.text)
    assert found
    return found[1]


@ON_SQLITE
def test_withdrawn_comment_ends_its_report(site: Site, bobs: int) -> None:
    follow = send(site.client(), bobs).headers["location"]

    site.client().post(f"/my/comment/{site.tokens.sign('my-comment', bobs)}/withdraw")

    assert report_of(site).items[0].outcome is Outcome.MOOT
    assert "its writer took it back" in words_of(site.client().get(follow))
    assert "its writer took it back" in letters_to(site, CAROL)[-1]


def test_trusted_flagger_is_believed(tmp_path: Path) -> None:
    """Once the address is shown to be theirs: anyone could type it."""
    url = f"sqlite:///{tmp_path / 'agora.db'}"
    with Site(url, tmp_path / "trusting", trusted_flaggers=CAROL, reports_hide="2") as site:
        migrate(site.database)
        with site.writing() as session:
            site_actions.initialise(session, site.settings, now=site.clock.now)
        bobs = site.published(site.post(), "Idiots, all of them.")

        send(site.client(), bobs)
        assert (report_of(site).trusted_flagger, site.comment(bobs).state) == (False, State.PUBLISHED)
        confirm(site)

        assert (report_of(site).trusted_flagger, report_of(site).weight) == (True, 2.0)
        assert site.comment(bobs).state is State.PENDING


@ON_SQLITE
def test_signed_in_report_needs_no_name(site: Site, bobs: int) -> None:
    alice = site.alice()

    answer = site.client_of(alice).post(
        f"/comments/{bobs}/report",
        data=form(site.client_of(alice).get(f"/comments/{bobs}/report"), "report-form")
        | {"reason": "2", "explanation": WHY, "good_faith": "yes"},
    )

    report = report_of(site)
    assert answer.status_code == 303
    assert (report.person_id, report.name, report.weight) == (alice.id, "Alice", 1.5)
