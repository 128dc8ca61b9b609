"""Pages stay quick on a large site: what they ask is answered from indexes, on both databases."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import KINDS
from sqlalchemy import Connection, event, insert
from sqlalchemy.orm import Session

from agora.rules.moderation import State
from agora.rules.policy import Mode
from agora.store import (
    case_files,
    comment_feeds,
    comment_lists,
    commenting,
    discussions,
    events,
    ledger,
    measures,
    people,
    posts,
    privacy,
    public_lists,
    public_posts,
    queue,
    sources,
)
from agora.store.cases import Case, CaseKind, CaseReason
from agora.store.comments import Comment, Commenter, CommentRevision
from agora.store.database import Database
from agora.store.events import Delivery, Event
from agora.store.ledger import LedgerEntry
from agora.store.people import DeskSession, Person
from agora.store.posts import Post, PostState, Tag, post_tags
from agora.store.prepared import DRIVER
from agora.store.public_lists import EVERYTHING, PostFilter
from agora.store.queue import Key, Numbers, Wanted
from agora.store.schema import migrate
from agora.store.sources import Origin

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
POSTS, COMMENTS = 300, 3000
STATES = [State.PUBLISHED] * 48 + [State.REJECTED, State.HIDDEN]
WAITING = 25  # the latest ones
LARGE = (
    "posts",
    "comments",
    "comment_revisions",
    "events",
    "ledger",
    "deliveries",
    "cases",
    "case_reasons",
    "commenters",
    "sessions",
    "post_tags",
    "tags",
)


def moment(n: int) -> datetime:
    return NOW + timedelta(minutes=n)


def a_large_site(session: Session) -> None:
    """Rows that look like those of some years, without the time it takes to write them through the actions."""
    ids = range(1, COMMENTS + 1)
    rows: dict[Any, list[dict[str, Any]]] = {
        Person: [
            {"name": "Ada", "email": f"{n}@example.org", "role": "administrator", "language": "fr", "created_at": NOW}
            for n in range(30)
        ],
        DeskSession: [
            {"token_hash": str(n), "person_id": n % 30 + 1, "browser": "", "created_at": NOW, "expires_at": moment(n)}
            for n in ids
        ],
        Post: [
            {"title": f"Post {n}", "slug": f"post-{n}", "body": "", "body_html": "", "renderer": 1, "language": "fr"}
            | {"state": PostState.DRAFT if n % 5 == 0 else PostState.PUBLISHED, "created_by": n % 30 + 1}
            | {"created_at": moment(n), "published_at": moment(n), "changed_at": moment(n)}
            for n in range(POSTS)
        ],
        Tag: [{"name": f"tag {n}", "slug": f"tag-{n}", "post_count": n} for n in range(40)],
        post_tags: [
            {"post_id": n + 1, "tag_id": n % 40 + 1, "listed_at": moment(n) if n % 5 else None} for n in range(POSTS)
        ],
        Commenter: [{"email": f"{n}@example.org", "created_at": NOW} for n in range(COMMENTS // 3)],
        Comment: [
            {"post_id": n % POSTS + 1, "commenter_id": n % 1000 + 1, "name": "Bob", "language": "fr"}
            | {
                "state": STATES[n % len(STATES)] if n <= COMMENTS - WAITING else State.PENDING,
                "mode": Mode.POST,
                "revision_id": n,
                "fingerprint": f"{n}",
            }
            | {"source": f"{n % 500}", "created_at": moment(n), "published_at": moment(n), "shown_in_thread": 1}
            | (
                {"parent_id": None, "root_id": None, "thread_number": 1 + n // POSTS, "path": None}
                if n <= 2 * POSTS
                else {"parent_id": n - POSTS, "root_id": n % POSTS + 1, "thread_number": None, "path": f"{n:012}"}
            )
            for n in ids
        ],
        CommentRevision: [
            {"comment_id": n, "number": 1, "body": "", "html": "", "renderer": 1, "created_at": moment(n)} for n in ids
        ],
        Case: [
            {"kind": CaseKind.REPORT if n % 50 == 0 else CaseKind.HELD, "comment_id": n, "post_id": n % POSTS + 1}
            | {"language": "en" if n % 20 == 0 else "fr", "rank": n, "opened_at": moment(n)}
            | {"claimed_by": n % 30 + 1, "claimed_until": moment(n)}
            for n in ids
        ],
        CaseReason: [
            {"case_id": n, "code": code, "rank": n} for n in ids for code in ("first-comment", f"code-{n % 40}")
        ],
        Event: [
            {"kind": "comment.decided" if n % 3 else "comment.posted", "at": moment(n), "party": "moderator"}
            | {"comment_id": n, "post_id": n % POSTS + 1, "decision": "approve" if n % 3 else None}
            for n in ids
        ],
        Delivery: [
            {"event_id": n, "letter": "reply", "commenter_id": n % 1000 + 1, "due_at": moment(n), "state": "done"}
            for n in ids
        ],
        LedgerEntry: [
            {"number": n, "kind": "report.received" if n % 9 == 0 else "comment.decided", "at": moment(n)}
            | {"facts": "{}", "previous": "", "seal": "", "comment_id": n}
            for n in ids
        ],
    }
    for table, values in rows.items():
        session.execute(insert(table), values)


@pytest.fixture(scope="module", params=KINDS)
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("large")
        database = Database(f"sqlite:///{folder / 'agora.db'}")
    else:
        database = Database(request.getfixturevalue("postgres").create_database("large"))
    migrate(database)
    with database.write() as session:
        a_large_site(session)
    if not database.is_sqlite:  # SQLite plans without statistics, as on every site: nothing gathers them there
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    yield database
    database.close()


def page_of_cases(session: Session, **wanted: Any) -> object:
    """A page of the moderators' list, in its middle."""
    what, after = Wanted(**wanted), Key(900, 900)
    return queue.page(session, what, NUMBERS, after=after, size=25, now=NOW)


# As many as there are in the large site.
NUMBERS = Numbers(
    {"cases-held": 2940, "cases-report": 60, "cases-in-fr": 2850, "cases-in-en": 150, "cases-for-code-7": 75}
)

QUESTIONS: dict[str, tuple[Callable[[Session], object], str]] = {
    # what is asked, and the index that answers it
    "home": (lambda s: public_lists.latest(s, EVERYTHING, size=10), "ix_posts_state_published_at_id"),
    "later page": (lambda s: public_lists.latest(s, EVERYTHING, skip=150, size=10), "ix_posts_state_published_at_id"),
    "next page": (
        lambda s: public_lists.latest(s, EVERYTHING, before=(moment(150), 9), size=10),
        "ix_posts_state_published_at_id",
    ),
    "page before": (
        lambda s: public_lists.latest(s, EVERYTHING, after=(moment(150), 9), size=10),
        "ix_posts_state_published_at_id",
    ),
    "feed": (lambda s: public_lists.feed_page(s, EVERYTHING, before=None, size=20), "ix_posts_state_published_at_id"),
    "next feed": (
        lambda s: public_lists.feed_page(s, EVERYTHING, before=(moment(150), 9), size=20),
        "ix_posts_state_published_at_id",
    ),
    "archive": (lambda s: public_lists.archive(s, before=(moment(150), 9), size=20), "ix_posts_state_published_at_id"),
    "tag": (
        lambda s: public_lists.latest(s, PostFilter(tag_id=7), before=(moment(150), 9), size=10),
        "ix_post_tags_tag_id_listed_at_post_id",
    ),
    "byline": (
        lambda s: public_lists.latest(s, PostFilter(byline_id=7), before=(moment(150), 9), size=10),
        "ix_post_bylines_byline_id_listed_at_post_id",
    ),
    "count of posts": (public_lists.count, "pk_tallies|sqlite_autoindex_tallies|PRIMARY KEY"),
    "topics": (lambda s: public_lists.tags_in_use(s, limit=12), "ix_tags_post_count"),
    "sitemap": (lambda s: public_lists.addresses_for_map(s, part=2, size=100), "pk_posts|PRIMARY KEY"),
    "parts of the sitemap": (lambda s: public_lists.count_maps(s, size=100), "pk_posts|SEARCH posts"),
    "post": (lambda s: public_posts.by_slug(s, "post-7"), "posts.*slug"),
    "threads": (lambda s: discussions.threads_page(s, 7, page=1, size=50, replies=100), "ix_comments_threads"),
    "replies": (lambda s: discussions.threads_page(s, 7, page=1, size=50, replies=100), "ix_comments_in_thread"),
    "thread": (lambda s: discussions.thread_part(s, 7, start="0", size=100), "ix_comments_in_thread"),
    "thread before": (lambda s: discussions.thread_part_before(s, 7, end="9", size=100), "ix_comments_in_thread"),
    "permalink": (lambda s: discussions.position_of(s, 607, replies=0), "ix_comments_in_thread"),
    "comments feed": (
        lambda s: comment_feeds.feed_page(s, post_id=None, before=None, size=20),
        "ix_comments_state_published_at_id",
    ),
    "next comments feed": (
        lambda s: comment_feeds.feed_page(s, post_id=None, before=(moment(900), 9), size=20),
        "ix_comments_state_published_at_id",
    ),
    "feed of a post": (
        lambda s: comment_feeds.feed_page(s, post_id=7, before=None, size=20),
        "ix_comments_post_id_state_published_at_id",
    ),
    **{
        f"cases, {name}": (partial(page_of_cases, **wanted), index)
        for name, wanted, index in (
            ("all", {}, "ix_cases_rank_id"),
            ("by kind", {"kind": CaseKind.REPORT}, "ix_cases_kind_rank_id"),
            ("by reason", {"code": "code-7"}, "ix_case_reasons_code_rank_case_id"),
            ("by language", {"language": "en"}, "ix_cases_language_rank_id"),
            ("by post", {"post_id": 7}, "ix_cases_post_id_rank_id"),
            ("in hand", {"claimed_by": 7}, "ix_cases_claimed_by_rank_id"),
            ("by several", {"kind": CaseKind.HELD, "code": "code-7", "language": "fr"}, "case_reasons"),
        )
    },
    "case": (lambda s: queue.line_of(s, 7), "cases.*comment_id"),
    "oldest case": (queue.oldest, "ix_cases_opened_at"),
    "decided just now": (lambda s: case_files.undoable(s, [7, 8], 3, since=NOW), "ix_events_comment_id_id"),
    "latest of a network": (
        lambda s: sources.latest(s, Origin(source="7"), size=40),
        "ix_comments_source_created_at",
    ),
    "waiting of a network": (
        lambda s: sources.waiting(s, Origin(source="7"), size=200),
        "ix_comments_source_created_at",
    ),
    "waiting of an address": (
        lambda s: sources.waiting(s, Origin(commenter_id=7), size=200),
        "ix_comments_commenter_id_state",
    ),
    "decided": (lambda s: comment_lists.of_state(s, State.HIDDEN, before=500, size=25), "ix_comments_state_id"),
    "tabs": (comment_lists.counts_by_state, "pk_tallies|sqlite_autoindex_tallies|PRIMARY KEY"),
    "oldest": (comment_lists.oldest_waiting, "ix_comments_state_id"),
    "records": (lambda s: comment_lists.records_of(s, {3, 4}), "ix_comments_commenter_id_state"),
    "of address": (lambda s: comment_lists.comments_of(s, 3, size=40), "ix_comments_commenter_id_state"),
    "measures in force": (
        lambda s: measures.in_force(s, 7, None, "7", NOW),
        "ix_measures_(commenter_id|source)_ended_at",
    ),
    "to be erased": (lambda s: privacy.asked_comments(s, size=50), "ix_comments_erase_asked_at"),
    "out of touch": (
        lambda s: privacy.out_of_touch(s, moment(9000), after=0, size=50),
        "pk_commenters|PRIMARY KEY",
    ),
    "repeats": (lambda s: commenting.same_words(s, "7", since=NOW), "ix_comments_fingerprint_created_at"),
    "known": (
        lambda s: commenting.known_of(s, email="7", person_id=None, source="7", fingerprint="7", since=NOW),
        "ix_measures_(commenter_id|source)_ended_at",
    ),
    "haste": (lambda s: commenting.recent_of_source(s, "7", since=NOW), "ix_comments_source_created_at"),
    "history": (lambda s: events.history(s, 7), "ix_events_comment_id_id"),
    "last decisions": (lambda s: events.last_decisions(s, [7, 8, 9]), "ix_events_comment_id_id"),
    "log": (lambda s: ledger.page(s, (), before=900, size=50), "pk_ledger|PRIMARY KEY"),
    "log of one kind": (
        lambda s: ledger.page(s, ["report.received"], before=900, size=50),
        "ix_ledger_kind_number|pk_ledger",
    ),
    "due letters": (lambda s: events.deliveries_due(s, NOW, size=50), "ix_deliveries_state_due_at"),
    "letters so far": (
        lambda s: events.letters_to_commenter_since(s, 7, NOW - timedelta(hours=1)),
        "ix_deliveries_commenter_id",
    ),
    "signed in": (lambda s: people.current_session(s, "7", NOW), "sessions.*token_hash"),
    "desk": (lambda s: posts.desk_list(s, by=7, before=None, size=30), "ix_posts_created_by|pk_posts|PRIMARY KEY"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_is_answered_from_index(large: Database, name: str) -> None:
    ask, index = QUESTIONS[name]

    plans = plans_of(large, ask)

    assert plans
    for plan in plans:
        assert not read_from_end_to_end(plan), plan
    assert any(re.search(index, plan) for plan in plans), plans


LISTS = ["archive", "comments feed", "next comments feed", "feed of a post", "decided", "threads", "thread"]
# Only the few rows of the page are sorted, after they were found.
PAGES = ["home", "later page", "next page", "page before", "tag", "byline", "feed", "next feed"]


@pytest.mark.parametrize("large", ["sqlite"], indirect=True)  # PostgreSQL weighs: a few rows are quicker sorted
@pytest.mark.parametrize("name", LISTS)
def test_list_needs_no_sorting(large: Database, name: str) -> None:
    """Its index has the order of the page, so a page costs the same however long the list is."""
    plan = plans_of(large, QUESTIONS[name][0])[0]

    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("large", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_page_alone_is_sorted(large: Database, name: str) -> None:
    plan = plans_of(large, QUESTIONS[name][0])[0]

    found, _, sorted_afterwards = plan.partition("SCAN ")
    assert "TEMP B-TREE" not in found
    assert re.match(r"anon_\d", sorted_afterwards), plan


class Overheard:
    """SQLite's own connection, which prepared statements go to directly."""

    def __init__(self, driver: sqlite3.Connection, asked: list[tuple[str, Any]]) -> None:
        self._driver = driver
        self._asked = asked

    @property
    def in_transaction(self) -> bool:
        return self._driver.in_transaction

    def execute(self, statement: str, parameters: Any) -> sqlite3.Cursor:
        self._asked.append((statement, parameters))
        return self._driver.execute(statement, parameters)


def plans_of(database: Database, ask: Callable[[Session], object]) -> list[str]:
    """How the database goes about each statement that the question becomes."""
    asked: list[tuple[str, Any]] = []

    def overhear(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", overhear)
    try:
        with database.read() as session:
            if database.is_sqlite:
                driver: Any = session.connection().connection.driver_connection
                session.info[DRIVER] = Overheard(driver, asked)
            ask(session)
    finally:
        event.remove(database.engine, "before_cursor_execute", overhear)
    with database.read() as session:
        connection = session.connection()
        if not database.is_sqlite:
            # A small table is quicker read as a whole; a large one, which this stands for, is not.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [plan_of(connection, statement, parameters) for statement, parameters in asked]


def plan_of(connection: Connection, statement: str, parameters: Any) -> str:
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[3] for row in rows)
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))


def read_from_end_to_end(plan: str) -> bool:
    """Whether a table that grows with the site is read without an index."""
    large = "|".join(LARGE)
    return bool(re.search(rf"SCAN (?:{large})(?:_\d)?$|Seq Scan on (?:{large})\b", plan, re.M))
