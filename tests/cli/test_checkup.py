"""What `agora check` notices: everything that somebody should have seen already."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from friends import SECRET, write_comment, write_post
from sqlalchemy import delete, text, update

from agora import settings
from agora.actions.moderation import decide
from agora.checkup import examine
from agora.rules.moderation import Decision, Party
from agora.rules.policy import Mode
from agora.settings import Settings
from agora.store.cases import Case
from agora.store.comments import Comment
from agora.store.database import Database

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def current(database_url: str, tmp_path: Path) -> Settings:
    folder = str(tmp_path / "var")
    return settings.load({"AGORA_DATA_DIR": folder, "AGORA_DATABASE_URL": database_url, "AGORA_SECRET_KEY": SECRET})


def problems(current: Settings, now: datetime = NOW) -> list[str]:
    """What it finds wrong, beside that nobody administers the site."""
    found = [finding.text for finding in examine(current, now) if not finding.good]
    return [problem for problem in found if "administrator" not in problem]


def test_nothing_is_wrong_at_first(current: Settings) -> None:
    assert problems(current) == []


def test_asking_a_service_is_told(current: Settings) -> None:
    asking = replace(current, akismet_url="https://spam.example/1.1")
    assert ["akismet_key" in problem for problem in problems(asking)] == [True]

    told = [finding.text for finding in examine(replace(asking, akismet_key="a key"), NOW)]
    assert [text for text in told if "spam.example" in text]
    assert not [text for text in told if "a key" in text]


def test_old_cases_are_noticed(current: Settings, database: Database) -> None:
    with database.write() as session:
        write_comment(session, write_post(session, now=NOW), now=NOW, mode=Mode.PRE)

    assert problems(current, NOW + timedelta(days=2)) == []
    assert problems(current, NOW + timedelta(days=4)) == ["A comment has been waiting for a moderator for 4 days."]


def test_late_letters_are_noticed(current: Settings, database: Database) -> None:
    with database.write() as session:
        write_comment(session, write_post(session, now=NOW), now=NOW, letters=True)

    assert problems(current, NOW + timedelta(minutes=50)) == []
    assert [problem[:25] for problem in problems(current, NOW + timedelta(hours=3))] == ["A letter is 3 hours late:"]


def test_clock_that_is_behind_is_noticed(current: Settings, database: Database) -> None:
    with database.write() as session:
        write_comment(session, write_post(session, now=NOW), now=NOW)

    assert problems(current, NOW - timedelta(minutes=2)) == []
    assert ["clock" in problem for problem in problems(current, NOW - timedelta(hours=1))] == [True]


def test_comments_without_a_case_are_noticed(current: Settings, database: Database) -> None:
    """Nobody would ever read them; and what is listed must wait for something."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        held = [write_comment(session, post, f"Held {n}.", now=NOW, mode=Mode.PRE) for n in range(3)]
        session.execute(delete(Case).where(Case.comment_id == held[0].id))
        session.execute(update(Comment).where(Comment.id == held[1].id).values(state="rejected"))

    (told,) = [problem for problem in problems(current) if "list" in problem]
    assert "1 wait without a case, 1 cases are about nothing" in told


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("UPDATE ledger SET facts = facts || ' ' WHERE number = 2", "Entry 2 is not what was"),
        ("DELETE FROM ledger WHERE number = 2", "Entry 2 is missing"),
    ],
    ids=["changed", "removed"],
)
@only_sqlite
def test_broken_log_is_noticed(current: Settings, database: Database, harm: str, told: str) -> None:
    with database.write() as session:
        for n in range(3):
            comment = write_comment(session, write_post(session, f"Post {n}", now=NOW), now=NOW, mode=Mode.PRE)
            decide(session, comment, Decision.REJECT, party=Party.MODERATOR, version=1, clause=1, now=NOW)
    assert problems(current) == []

    with database.write() as session:
        session.execute(text("DELETE FROM ledger_secrets"))
        session.execute(text(harm))

    assert [told in problem for problem in problems(current)] == [True]


@only_sqlite
def test_old_backup_is_noticed(current: Settings) -> None:
    mark = current.data_dir / "last-backup"
    mark.touch()
    made = NOW.timestamp()
    os.utime(mark, (made, made))

    assert "The last backup was made 3 hours ago." in [
        finding.text for finding in examine(current, NOW + timedelta(hours=3)) if finding.good
    ]
    assert problems(current, NOW + timedelta(days=8)) == ["The last backup was made 8 days ago."]


@only_sqlite
def test_readable_key_is_noticed(current: Settings) -> None:
    key = current.data_dir / "secret-key"
    key.write_text(SECRET)
    key.chmod(0o640)

    assert ["chmod 600" in problem for problem in problems(current)] == [True]
    key.chmod(0o600)
    assert problems(current) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_read_only_database_is_noticed(current: Settings, database: Database) -> None:
    name = database.engine.url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))

    assert problems(current) == ["The database takes no changes: it is a standby, or set to read only."]
