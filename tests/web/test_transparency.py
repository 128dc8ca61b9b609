"""The transparency report: what happened is counted, the same records give the same bytes, and nobody is named."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from friends import Site
from jsonschema import Draft202012Validator
from sqlalchemy import update

from agora.actions.moderation import undo
from agora.actions.transparency import all_statements
from agora.rules.counted import Answered, Appealed, Measured, Median, Noticed, Ordered, Restricted
from agora.rules.measures import MeasureKind
from agora.rules.moderation import Decision
from agora.rules.statements import Automation, Category, Exemption, Ground, Legal, Prompt
from agora.store import transparency
from agora.store.appeals import Appeal, Appellant
from agora.store.comments import Comment
from agora.store.measures import Measure, Order
from agora.store.people import Person
from agora.store.reports import Outcome, Report, ReportItem
from agora.store.statements import Statement, in_force
from web.looking import ON_SQLITE, words_of

REPORT = "/moderation/report"
SCHEMA = json.loads((Path(__file__).parents[1] / "rules" / "commission-schema.json").read_text(encoding="utf-8"))
WHY = "This calls Charlie names."
HOUR = timedelta(hours=1)


@pytest.fixture
def busy(site: Site) -> Site:
    """A site with a year behind it: hidden, rejected, taken for spam, undone, reported, contested, ordered."""
    site.clock.now = datetime(2026, 3, 12, 9, tzinfo=UTC)
    post, maud, ada = site.post(), site.maud(), site.ada()
    report(site, first := site.published(post, "One."), "R-1")
    site.clock.forward(hours=2)
    site.judge(
        first,
        Decision.HIDE,
        maud,
        explanation=WHY,
        legal=Legal("Loi de 1881, art. 29", Category.SPEECH, ("DEFAMATION",)),
    )
    contest(site, first)
    site.clock.forward(hours=3)
    site.judge(first, Decision.RESTORE, ada, explanation="It was a joke.")
    known = site.waiting(post, "Two.", name="Alice", email="alice@example.org")
    confirm(site, known)
    site.judge(known, Decision.REJECT, maud, clause=2, explanation=WHY)
    site.judge(site.published(post, "Three."), Decision.SPAM, maud)
    site.judge(fourth := site.published(post, "Four."), Decision.HIDE, maud, clause=2)
    with site.writing() as session:
        undo(
            session,
            session.get_one(Comment, fourth),
            person=session.get_one(Person, maud.id),
            version=2,
            now=site.clock.now,
        )
        at = {"received_at": site.clock.now - HOUR, "confirmed_at": site.clock.now, "reference": "O-1"}
        session.add(Order(authority="Arcom", country="FR", kind="act", subject="A comment", **at))
        measure = {"reference": "M-1", "source": "a network", "explanation": WHY, "created_at": site.clock.now}
        session.add(Measure(kind=MeasureKind.WARNING, **measure))
    return site


def report(site: Site, comment_id: int, reference: str) -> None:
    about = {"ground": Ground.LAW, "category": Category.SPEECH, "explanation": WHY, "language": "en", "weight": 1.0}
    with site.writing() as session:
        notice = Report(reference=reference, received_at=site.clock.now, name="Charlie", **about)
        session.add(notice)
        session.flush()
        session.add(ReportItem(report_id=notice.id, comment_id=comment_id))


def contest(site: Site, comment_id: int) -> None:
    with site.writing() as session:
        statement = in_force(session, comment_id)
        assert statement is not None
        about = {"reference": "A-1", "statement_id": statement.id, "comment_id": comment_id, "text": "It was a joke."}
        times = {"lodged_at": site.clock.now, "answer_due_at": site.clock.now}
        session.add(Appeal(appellant=Appellant.COMMENTER, decided_by=statement.person_id, **about, **times))


def confirm(site: Site, comment_id: int) -> None:
    """From now on the site knows how to reach who wrote it."""
    with site.writing() as session:
        session.execute(update(Comment).where(Comment.id == comment_id).values(letters=True))


BY_HAND = (Automation.NOT, False)
ON_NOTICE = (Prompt.NOTICE, *BY_HAND)
OWN = (Prompt.OWN_INITIATIVE, *BY_HAND)


def test_records_are_counted(busy: Site) -> None:
    with busy.database.read() as session:
        year = transparency.year(session, 2026)
        assert transparency.year(session, 2025).is_empty
        assert transparency.first_year(session) == 2026
    assert year.restricted == [
        Restricted("hidden", "", Ground.CHARTER, Category.SCAMS, *OWN, Exemption.SPAM, "stands", 1),
        Restricted("hidden", "", Ground.LAW, Category.SPEECH, *ON_NOTICE, Exemption.NO_CONTACT, "reversed", 1),
        Restricted("not-published", "", Ground.CHARTER, Category.OTHER_VIOLATION, *OWN, None, "stands", 1),
    ]
    assert year.noticed == [Noticed(Ground.LAW, Category.SPEECH, False, 1)]
    assert year.answered == [Answered(Ground.LAW, Category.SPEECH, False, Outcome.UPHELD, 1)]
    assert year.appealed == [Appealed("commenter", "hidden", Category.SPEECH, "not", "granted", False, 1)]
    assert year.measured == [Measured("warned", 1)]
    assert year.ordered == [Ordered("act", "FR", 1, 1, 0)]
    assert year.by_month == {3: 3}
    assert year.medians["notice"] == Median(1, 7200)
    assert year.medians["appeal"] == Median(1, 10800)
    assert year.medians["order-act-confirmed"] == Median(1, 3600)


def test_same_records_give_same_bytes(busy: Site) -> None:
    first = busy.client().get(f"{REPORT}.json?year=2026").content
    with busy.writing() as session:
        session.execute(update(Statement).values(informed_by="page"))
    assert busy.client().get(f"{REPORT}.json?year=2026").content == first
    said = json.loads(first)
    assert [part["number"] for part in said["parts"]] == list(range(1, 12))


@pytest.mark.parametrize("part", range(1, 12))
@ON_SQLITE
def test_each_part_is_a_table(busy: Site, part: int) -> None:
    answer = busy.client().get(f"{REPORT}/{part}.csv?year=2026")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(answer.text.splitlines()))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 1


@ON_SQLITE
def test_statements_fit_the_schema(busy: Site) -> None:
    answer = busy.client().get("/moderation/statements.jsonl?year=2026")
    said = [json.loads(line) for line in answer.text.splitlines()]
    check = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for each in said:
        check.validate(each)
    # Of the four restrictions one was undone at once, one is spam, and one is by somebody whom nobody can reach.
    assert len(said) == 1
    assert said[0]["incompatible_content_ground"].startswith("Discussion charter, version 1, clause 2")
    with busy.database.read() as session:
        address = f"{busy.base_url}/charter"
        assert list(all_statements(session, 2026, charter_url=address, language="en")) == said
    assert not [word for word in (WHY, "Alice", "Bob", "Maud", "example.org") if word in answer.text]


@ON_SQLITE
def test_page_tells_the_year(busy: Site) -> None:
    said = words_of(busy.client().get(f"{REPORT}?year=2026"))
    assert "Moderation in 2026" in said
    assert "3 Restrictions" in said or "Restrictions 3" in said
    assert "Hate, defamation, discrimination" in said
    assert not [word for word in (WHY, "Alice", "Bob", "Maud", "Arcom") if word in said]


@ON_SQLITE
def test_empty_year_says_so(site: Site) -> None:
    assert "Nothing was restricted" in words_of(site.client().get(REPORT))
    for wrong in ("1999", "9999", "x", "-1"):
        assert site.client().get(f"{REPORT}?year={wrong}").status_code == 404
    assert site.client().get(f"{REPORT}/12.csv").status_code == 404
    assert site.client().get("/moderation/statements.jsonl").text == ""


@ON_SQLITE
def test_page_is_new_after_a_decision(busy: Site) -> None:
    client = busy.client()
    before = client.get(REPORT).text
    with busy.database.read() as session:
        ada = session.get_one(Person, 2)
    busy.judge(1, Decision.HIDE, ada, clause=2)
    assert client.get(REPORT).text != before


@ON_SQLITE
@pytest.mark.parametrize(("operator", "said"), [("private", "Below 50 people"), ("public-body", "never a small")])
def test_operator_decides_the_duties(database_url: str, tmp_path: Path, operator: str, said: str) -> None:
    with Site(database_url, tmp_path / "data", operator=operator) as site:
        assert said in words_of(site.client().get(REPORT))
