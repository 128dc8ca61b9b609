"""One list of all that waits: by urgency, narrowed and counted, taken in hand, decided on and taken back."""

import re
from html import unescape

import httpx
import pytest
from friends import Site, decide, form
from sqlalchemy import select
from sqlalchemy.orm import Session

from agora.actions import appeals
from agora.actions.notices import report
from agora.actions.report_forms import Notice
from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.rules.statements import Category, Ground
from agora.store import comments, counts, statements
from agora.store.measures import Measure, MeasureKind
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.reports import Outcome, ReportItem
from agora.store.statements import ReadyReason, Statement
from web.looking import ON_SQLITE, words_of
from web.test_moderation import QUEUE, WHY, buttons, case, cases, complaint


def reported(site: Site, post: Post, body: str = "A rude remark.", *, by: str = "carol", clause: str = "2") -> int:
    """A published comment that somebody has reported."""
    comment_id = site.published(post, body)
    notice = Notice(clause, "", "It insults me.", name=by, email=f"{by}@example.org", good_faith=True, source=by)
    with site.writing() as session:
        found = comments.comment_in_full(session, comment_id)
        assert found
        report(session, found, notice, site.settings, person=None, now=site.clock.now)
    return comment_id


def contested(site: Site, post: Post, by: httpx.Client) -> int:
    """A comment that was hidden, whose writer contests that."""
    comment_id = site.published(post, "A misread remark.")
    decide(by, comment_id, "hide", state="published", reason="2", explanation=WHY)
    with site.writing() as session:
        statement = statements.in_force(session, comment_id)
        assert statement
        appeals.lodge(session, statement, "I meant no harm.", site.settings, now=site.clock.now)
    return comment_id


def moderator(site: Site, name: str = "Eve") -> httpx.Client:
    return site.client_of(site.person(name, Role.MODERATOR))


def links(page: httpx.Response) -> dict[str, str]:
    """Where the filters and lists lead, by what is written on them, such as "Reports · 2"."""
    found = re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)', page.text)
    return {" ".join(unescape(text).split()): unescape(url) for url, text in found}


def rows(site: Site, query: object) -> list[object]:
    with site.database.read() as session:
        found = list(session.scalars(query))  # type: ignore[call-overload]
        session.expunge_all()
        return found


# The list


def test_urgent_cases_come_first(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    first = site.waiting(post, "First.")
    site.clock.forward(hours=1)
    second = reported(site, post)
    third = contested(site, post, maud)

    page = maud.get(QUEUE)

    assert set(cases(page)[:2]) == {second, third}
    assert cases(page)[2:] == [first]
    assert "3 cases wait." in words_of(page)
    assert "an appeal: +24 h" in case(page, third)
    assert "weighted by the record" in case(page, second)


def test_report_is_answered_by_keeping(site: Site) -> None:
    maud = site.client_of(site.maud())
    comment_id = reported(site, site.post())
    page = maud.get(QUEUE)
    assert "It insults me." in case(page, comment_id)
    assert "carol" in case(page, comment_id)

    answer = decide(maud, comment_id, "keep")

    assert buttons(page, comment_id) == ["hide", "spam", "keep"]
    assert answer.status_code == 303
    assert cases(maud.get(QUEUE)) == []
    item = rows(site, select(ReportItem))[0]
    assert isinstance(item, ReportItem)
    assert item.outcome is Outcome.DISMISSED
    assert site.comment(comment_id).state is State.PUBLISHED


def test_appeal_is_answered_by_another(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), moderator(site)
    comment_id = contested(site, site.post(), maud)
    html = case(eve.get(QUEUE), comment_id)
    assert all(part in html for part in ("I meant no harm.", "Maud", WHY, "answer due by"))

    own = decide(maud, comment_id, "restore", explanation="It was fine.")
    silent = decide(eve, comment_id, "restore")
    answered = decide(eve, comment_id, "restore", explanation="It was fine.")

    assert (own.status_code, silent.status_code, answered.status_code) == (403, 422, 303)
    assert site.comment(comment_id).state is State.PUBLISHED
    assert cases(eve.get(QUEUE)) == []


def test_filters_combine_and_count(site: Site) -> None:
    garden, shed = site.post("The garden"), site.post("La cabane", language="fr")
    held = [site.waiting(garden, f"Number {n}.") for n in range(2)]
    other = site.waiting(shed, "Ailleurs.")
    said = reported(site, garden)
    maud = site.client_of(site.maud())

    page = maud.get(QUEUE)
    assert {"Held comments · 3", "Reports · 1", "English · 3", "français · 1"} <= links(page).keys()

    narrowed = maud.get(links(page)["Held comments · 3"])
    assert cases(narrowed) == [*held, other]
    assert {"English · 2", "français · 1", "Reports · 1"} <= links(narrowed).keys()

    both = maud.get(links(narrowed)["English · 2"])
    assert cases(both) == held
    assert {"Held comments · 2", "Reports · 1", "français · 1"} <= links(both).keys()

    assert cases(maud.get(QUEUE, params={"post": shed.id})) == [other]
    assert cases(maud.get(QUEUE, params={"code": "premoderated", "language": "fr"})) == [other]
    assert cases(maud.get(QUEUE, params={"kind": "report", "language": "fr"})) == []
    assert cases(maud.get(QUEUE, params={"kind": "report"})) == [said]


def test_counts_stay_right(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    for decision in ("approve", "spam"):
        decide(maud, site.waiting(post, f"To {decision}."), decision)
    reported(site, post)
    site.waiting(post, "Left.")

    with site.writing() as session:
        assert counts.wrong(session) == {}


# Going through it


@ON_SQLITE
def test_decision_leads_to_the_next_case(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    first, second = site.waiting(post, "First."), site.waiting(post, "Second.")

    answer = decide(maud, first, "approve")

    assert answer.headers["location"].endswith(f"#case-{second}-title")
    assert cases(maud.get(answer.headers["location"])) == [second]


@ON_SQLITE
def test_decision_keeps_the_filters(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    comment_id = site.waiting(post)
    page = maud.get(QUEUE, params={"kind": "held", "language": "en"})

    answer = maud.post(f"{QUEUE}/{comment_id}", data=form(page, f"case-{comment_id}") | {"decision": "approve"})

    assert "kind=held&language=en" in answer.headers["location"]


@ON_SQLITE
def test_all_of_a_page_is_selected(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(3)]

    page = maud.get(QUEUE, params={"select": "all"})

    assert [int(id_) for id_ in re.findall(r'value="(\d+)"[^>]* checked', page.text)] == ids


def undo_form(page: httpx.Response) -> tuple[str, dict[str, list[str]]]:
    """Where the way back leads, and what it sends."""
    found = re.search(r'<form method="post" action="([^"]+)" data-undo>(.*?)</form>', page.text, re.S)
    assert found, "there is no way back"
    fields: dict[str, list[str]] = {"decision": ["undo"]}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', found[2].split("<button")[0]):
        fields.setdefault(name, []).append(unescape(value))
    return found[1], fields


def test_decision_is_taken_back(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    comment_id = site.waiting(post)
    done = maud.get(decide(maud, comment_id, "reject", reason="2", explanation=WHY).headers["location"])
    address, fields = undo_form(done)

    answer = maud.post(address, data=fields)

    assert answer.status_code == 303
    assert cases(maud.get(answer.headers["location"])) == [comment_id]
    assert site.comment(comment_id).state is State.PENDING
    assert all(found.reversed_at for found in rows(site, select(Statement)) if isinstance(found, Statement))


def test_many_decisions_are_taken_back(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    ids = [site.waiting(post, f"Number {n}.") for n in range(3)]
    sent = {**form(maud.get(QUEUE), "bulk"), "decision": "approve", "selected": [str(id_) for id_ in ids]}
    address, fields = undo_form(maud.get(maud.post(QUEUE, data=sent).headers["location"]))

    assert maud.post(address, data=fields).status_code == 303

    assert {site.comment(id_).state for id_ in ids} == {State.PENDING}
    assert site.counts(post) == (0, 0)


@ON_SQLITE
def test_way_back_ends_after_a_minute(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), moderator(site)
    comment_id = site.waiting(site.post())
    location = decide(maud, comment_id, "approve").headers["location"]
    address, fields = undo_form(maud.get(location))
    assert "data-undo" not in eve.get(location).text

    site.clock.forward(seconds=61)

    assert "data-undo" not in maud.get(location).text
    assert maud.post(address, data=fields).status_code == 409
    assert site.comment(comment_id).state is State.PUBLISHED


@ON_SQLITE
def test_slower_one_learns_what_happened(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), moderator(site)
    comment_id = site.waiting(site.post())
    sent = form(eve.get(QUEUE), f"case-{comment_id}") | {"decision": "approve"}
    decide(maud, comment_id, "spam")

    answer = eve.post(f"{QUEUE}/{comment_id}", data=sent)

    assert answer.status_code == 409
    assert "What happened last: Set aside as spam · Maud" in words_of(answer).replace(" :", ":")


# Reasons


def ready_reason(session: Session) -> ReadyReason:
    ready = ReadyReason(title="Insults", clause=2, explanation="Your text insults a person.")
    session.add(ready)
    session.flush()
    return ready


@ON_SQLITE
@pytest.mark.parametrize(("explanation", "kept"), [("", "Your text insults a person."), (WHY, WHY)])
def test_ready_reason_fills_what_is_empty(site: Site, explanation: str, kept: str) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())
    with site.writing() as session:
        ready = ready_reason(session).id

    answer = decide(maud, comment_id, "reject", ready=str(ready), explanation=explanation)

    statement = rows(site, select(Statement))[0]
    assert isinstance(statement, Statement)
    assert answer.status_code == 303
    assert (statement.clause, statement.explanation) == (2, kept)


@ON_SQLITE
def test_case_is_decided_by_law(site: Site) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())
    page = maud.get(f"{QUEUE}/{comment_id}")
    sent = form(page, f"case-{comment_id}") | {"decision": "reject", "law": "Loi du 29 juillet 1881, art. 29"}

    wrong = maud.post(f"{QUEUE}/{comment_id}", data=sent | {"category": "nonsense"})
    answer = maud.post(f"{QUEUE}/{comment_id}", data=sent | {"category": "speech"})

    statement = rows(site, select(Statement))[0]
    assert isinstance(statement, Statement)
    assert (wrong.status_code, answer.status_code) == (422, 303)
    assert complaint(wrong, "category")
    assert form(wrong, f"case-{comment_id}")["law"] == sent["law"]
    assert (statement.ground, statement.law, statement.category) == (Ground.LAW, sent["law"], Category.SPEECH)


@ON_SQLITE
def test_case_page_tells_the_story(site: Site) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())
    decide(maud, comment_id, "reject", reason="2", explanation=WHY)

    page = maud.get(f"{QUEUE}/{comment_id}")

    assert all(words in words_of(page) for words in ("Sent", "Not published · Maud", WHY, "Spam, by the filter"))
    assert maud.get(f"{QUEUE}/999").status_code == 404


# In hand


def test_claim_is_seen_and_ends(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), moderator(site)
    comment_id = site.waiting(site.post())
    sent = form(maud.get(QUEUE), f"hand-{comment_id}") | {"action": "claim"}
    theirs = form(eve.get(QUEUE), f"hand-{comment_id}") | {"action": "claim"}

    assert maud.post(f"{QUEUE}/{comment_id}/claim", data=sent).status_code == 303

    assert "You have it in hand" in case(maud.get(QUEUE), comment_id)
    assert "Maud has it in hand" in case(eve.get(QUEUE), comment_id)
    assert cases(maud.get(QUEUE, params={"mine": "yes"})) == [comment_id]
    assert eve.post(f"{QUEUE}/{comment_id}/claim", data=theirs).status_code == 409
    site.clock.forward(minutes=10)
    assert "I take it" in case(eve.get(QUEUE), comment_id)
    assert cases(maud.get(QUEUE, params={"mine": "yes"})) == []
    assert eve.post(f"{QUEUE}/{comment_id}/claim", data=theirs).status_code == 303


@ON_SQLITE
def test_claim_is_given_back(site: Site) -> None:
    maud, comment_id = site.client_of(site.maud()), site.waiting(site.post())
    sent = form(maud.get(QUEUE), f"hand-{comment_id}")
    maud.post(f"{QUEUE}/{comment_id}/claim", data=sent | {"action": "claim"})

    maud.post(f"{QUEUE}/{comment_id}/claim", data=sent | {"action": "release"})

    assert "I take it" in case(maud.get(QUEUE), comment_id)


@ON_SQLITE
def test_claim_blocks_nobody(site: Site) -> None:
    maud, eve = site.client_of(site.maud()), moderator(site)
    comment_id = site.waiting(site.post())
    sent = form(maud.get(QUEUE), f"hand-{comment_id}") | {"action": "claim"}
    maud.post(f"{QUEUE}/{comment_id}/claim", data=sent)

    assert decide(eve, comment_id, "approve").status_code == 303
    assert maud.post(f"{QUEUE}/{comment_id}/claim", data=sent).status_code == 409


# For a script


@ON_SQLITE
def test_script_gets_a_piece(site: Site) -> None:
    post, maud = site.post(), site.client_of(site.maud())
    first, _ = site.waiting(post, "First."), site.waiting(post, "Second.")
    sent = form(maud.get(QUEUE), f"case-{first}") | {"quick": "yes"}

    missing = maud.post(f"{QUEUE}/{first}", data=sent | {"decision": "reject"})
    done = maud.post(f"{QUEUE}/{first}", data=sent | {"decision": "approve"})
    late = maud.post(f"{QUEUE}/{first}", data=sent | {"decision": "spam"})
    address, fields = undo_form(done)
    back = maud.post(address, data=fields | {"quick": "yes"})

    assert [page.status_code for page in (missing, done, late, back)] == [422, 200, 409, 200]
    assert all("<html" not in page.text for page in (missing, done, late, back))
    assert [cases(page) for page in (missing, done, late, back)] == [[first], [], [first], [first]]
    assert 'data-waiting="1"' in done.text
    assert 'data-waiting="2"' in back.text
    assert f'id="reason-{first}-error"' in missing.text
    assert late.text.count('role="alert"') == 1


# Everything by one source


@pytest.mark.parametrize("by", ["address", "network"])
def test_all_by_one_source_is_rejected(site: Site, by: str) -> None:
    post, ada = site.post(), site.client_of(site.ada())
    same = {"source": "a network"}
    ids = [site.waiting(post, f"Number {n}.", **same) for n in range(2)]
    elsewhere = site.waiting(post, "From elsewhere.", source="another")
    neighbour = site.waiting(post, "From beside.", email="carol@example.org", **same)
    page = ada.get(f"{QUEUE}/{ids[0]}/source", params={"by": by})
    sent = form(page, "source-form") | {"decision": "spam", "days": "7", "reason": "2", "explanation": WHY}

    answer = ada.post(f"{QUEUE}/{ids[0]}/source", data=sent)

    taken = {*ids, elsewhere if by == "address" else neighbour}
    left = {elsewhere, neighbour} - taken
    measure = rows(site, select(Measure))[0]
    assert isinstance(measure, Measure)
    assert answer.status_code == 303
    assert "Rejected: 3." in words_of(ada.get(answer.headers["location"]))
    assert {site.comment(id_).state for id_ in taken} == {State.REJECTED}
    assert {site.comment(id_).state for id_ in left} == {State.PENDING}
    assert measure.kind is MeasureKind.SUSPENSION
    assert (measure.commenter_id is not None, measure.source) == (by == "address", "a network" * (by == "network"))


@ON_SQLITE
def test_gesture_names_what_is_missing(site: Site) -> None:
    comment_id = site.waiting(site.post())
    ada = site.client_of(site.ada())
    sent = form(ada.get(f"{QUEUE}/{comment_id}/source"), "source-form") | {"days": "7", "explanation": WHY}

    answer = ada.post(f"{QUEUE}/{comment_id}/source", data=sent)

    assert answer.status_code == 422
    assert form(answer, "source-form")["explanation"] == WHY
    assert site.comment(comment_id).state is State.PENDING
    assert rows(site, select(Measure)) == []


@ON_SQLITE
@pytest.mark.parametrize("role", [Role.AUTHOR, None])
def test_desk_of_cases_is_for_moderators(site: Site, role: Role | None) -> None:
    comment_id = site.waiting(site.post())
    person: Person | None = site.person("Robin", role) if role else None
    client = site.client_of(person) if person else site.client()

    pages = [client.get(f"{QUEUE}/{comment_id}{path}") for path in ("", "/source")]

    assert {page.status_code for page in pages} == {404 if role else 303}
