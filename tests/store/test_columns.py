"""Column types let in only what the rest of the house relies on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from friends import write_comment, write_post
from markupsafe import Markup
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from agora.rules.moderation import State
from agora.store.comments import Comment, CommentRevision
from agora.store.database import Database
from agora.store.posts import Post

NOON_IN_PARIS = datetime(2026, 7, 14, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))


def test_naive_times_are_refused(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOON_IN_PARIS)

    naive = datetime(2026, 7, 14, 12)  # noqa: DTZ001
    with pytest.raises(StatementError, match="without its zone"), database.write() as session:
        session.get_one(Post, post.id).changed_at = naive


def test_times_come_back_in_utc(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOON_IN_PARIS)

    with database.read() as session:
        read = session.get_one(Post, post.id).created_at
    assert read == NOON_IN_PARIS
    assert (read.tzinfo, read.hour) == (UTC, 10)


def test_html_comes_back_safe(database: Database) -> None:
    with database.write() as session:
        comment = write_comment(session, write_post(session, now=NOON_IN_PARIS), "<b> & *so on*", now=NOON_IN_PARIS)

    with database.read() as session:
        html = session.get_one(CommentRevision, comment.revision_id).html
    assert isinstance(html, Markup)
    assert html == "<p>&lt;b&gt; &amp; <em>so on</em></p>\n"


KNOWN_WORDS = [
    ("comments", "state"),
    ("comments", "mode"),
    ("posts", "state"),
    ("posts", "moderation"),
    ("people", "role"),
    ("people", "language"),
    ("events", "party"),
    ("events", "decision"),
    ("deliveries", "state"),
    ("deliveries", "channel"),
    ("site", "moderation"),
]


def test_database_refuses_unknown_words(database: Database) -> None:
    """Whatever writes to the tables, be it a person with a database shell."""
    with database.write() as session:
        one_row_everywhere(session)

        for table, column in KNOWN_WORDS:
            with pytest.raises(IntegrityError, match=rf"(?i)check.*{column}"), session.begin_nested():
                session.execute(text(f"UPDATE {table} SET {column} = 'wrong'"))


def one_row_everywhere(session: Session) -> None:
    post = write_post(session, now=NOON_IN_PARIS)
    write_comment(session, post, now=NOON_IN_PARIS, letters=True)
    session.execute(
        text(
            "INSERT INTO people (name, email, role, language, letters, created_at)"
            " VALUES ('Ada', 'ada@example.org', 'administrator', 'en', :letters, '2026-01-01')"
        ),
        {"letters": True},
    )


def test_code_refuses_unknown_words(database: Database) -> None:
    with pytest.raises(StatementError, match="not a valid State"), database.write() as session:
        session.execute(update(Comment).values(state="unheard-of"))


def test_every_state_can_be_stored(database: Database) -> None:
    with database.write() as session:
        comment = write_comment(session, write_post(session, now=NOON_IN_PARIS), now=NOON_IN_PARIS)

    for state in State:
        with database.write() as session:
            session.get_one(Comment, comment.id).state = state
        with database.read() as session:
            assert session.get_one(Comment, comment.id).state is state


def test_site_has_one_row(database: Database) -> None:
    second = text(
        "INSERT INTO site (id, title, tagline, contact, tag_authority, created_at)"
        " VALUES (2, 'Another', '', '', 'example.org,2026', '2026-01-01')"
    )
    with pytest.raises(IntegrityError, match=r"(?i)only_one"), database.write() as session:
        session.execute(second)


def test_published_posts_have_dates(database: Database) -> None:
    with database.write() as session:
        write_post(session, now=NOON_IN_PARIS)

    with pytest.raises(IntegrityError, match="published_has_date"), database.write() as session:
        session.execute(update(Post).values(published_at=None))
