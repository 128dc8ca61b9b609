"""Every command does its work, says so in a sentence, and can be run twice."""

import json
import re
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from conftest import KINDS
from friends import PASSWORD, write_comment, write_post
from sqlalchemy import select, update

from agora.actions.people import check_password
from agora.app import clock
from agora.rules import markup
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.store import counts, people, public_lists
from agora.store.bylines import Byline
from agora.store.comments import CommentRevision
from agora.store.database import Database
from agora.store.people import Person
from agora.store.posts import Post

from . import Command, agora, command, environment

LINK = re.compile(r"^  (http://127\.0\.0\.1:8000/sign-in/\S+)$", re.M)


def succeeded(run: subprocess.CompletedProcess[str]) -> str:
    """What it printed; nothing went wrong."""
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    return run.stdout


def failed(run: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which it failed."""
    assert run.returncode == 1, run
    assert run.stderr.startswith("agora: "), run.stderr
    assert run.stderr.count("\n") == 1, run.stderr
    return run.stderr


@pytest.fixture
def data(tmp_path: Path, database_url: str) -> Iterator[Database]:
    """The database of a prepared site, whose commands run with `database_url`."""
    database = Database(database_url)
    yield database
    database.close()


only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("kind", KINDS)
def test_init_prepares_an_empty_folder(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = ""
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").create_database("from_init").replace("postgres@", "postgres:word@")

    said = [succeeded(agora(tmp_path, "init", database_url=url, secret_key="")) for _ in range(2)]

    assert [line.split(":")[0] for line in said] == ["Prepared", "Already prepared"]
    assert "word" not in "".join(said)
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var" / "agora.db").exists() == (kind == "sqlite")


@only_sqlite
def test_person_gets_a_link(within: Command, data: Database, database_url: str) -> None:
    added = ("person", "add", "Ada Lovelace", "--email", "Ada@Example.org", "--role", "administrator")

    said = succeeded(within(*added, database_url=database_url))

    assert LINK.search(said)
    with data.read() as session:
        ada = people.person_by_email(session, "ada@example.org")
        assert ada
        assert (ada.name, ada.role, ada.language) == ("Ada Lovelace", Role.ADMINISTRATOR, "en")


@only_sqlite
def test_person_gets_a_password(within: Command, data: Database, database_url: str) -> None:
    added = ("person", "add", "Ada", "--email", "ada@example.org", "--password-stdin")

    said = succeeded(within(*added, typed=f"{PASSWORD}\n", database_url=database_url))

    assert not LINK.search(said)
    assert PASSWORD not in said
    with data.write() as session:
        assert check_password(session, "ada@example.org", PASSWORD).role is Role.AUTHOR


@only_sqlite
def test_person_gets_another_link(within: Command, data: Database, database_url: str) -> None:
    succeeded(within("person", "add", "Ada", "--email", "ada@example.org", database_url=database_url))

    said = succeeded(within("person", "link", "ADA@example.org", database_url=database_url))

    assert LINK.search(said)


def test_demo_fills_a_site_once(within: Command, tmp_path: Path) -> None:
    succeeded(within("init"))

    first = within("demo", "--sign-in")
    again = within("demo")
    unless = within("demo", "--if-empty", "--sign-in")

    assert LINK.search(succeeded(first))
    assert "of 11" in first.stderr  # plain lines where there is no terminal
    assert "posts already" in failed(again)
    assert LINK.search(succeeded(unless))
    assert "PROBLEM" not in succeeded(within("check"))
    database = Database(f"sqlite:///{tmp_path / 'var' / 'agora.db'}")
    with database.read() as session:
        assert public_lists.count(session) >= 6
        assert counts.wrong(session) == {}
        assert session.scalars(select(CommentRevision).where(CommentRevision.html.contains("<script"))).all() == []
    database.close()


def test_worker_sends_what_is_due(data: Database, tmp_path: Path, database_url: str) -> None:
    with data.write() as session:
        write_comment(session, write_post(session, now=clock()), now=clock(), letters=True)

    said = [succeeded(agora(tmp_path, "worker", "--once", database_url=database_url)) for _ in range(2)]

    assert said == ["Letters sent: 1\n", "Letters sent: 0\n"]
    (letter,) = (tmp_path / "var" / "letters").glob("*.eml")
    assert message_from_bytes(letter.read_bytes(), policy=policy.default)["To"] == "bob@example.org"


def test_rerender_makes_old_texts_anew(within: Command, data: Database, database_url: str) -> None:
    with data.write() as session:
        post = write_post(session, now=clock(), body="It **grows**.")
        write_comment(session, post, "So *fine*.", now=clock())
        session.add(Byline(name="Inès", slug="ines", bio="She *writes*.", bio_html="", renderer=1))
        session.flush()
        session.execute(update(Post).values(renderer=0, body_html="old"))
        session.execute(update(CommentRevision).values(renderer=0, html="old"))
        session.execute(update(Byline).values(renderer=0, bio_html="old"))

    said = [succeeded(within("rerender", database_url=database_url)) for _ in range(2)]

    assert "3 were made anew" in said[0]
    assert "0 were made anew" in said[1]
    with data.read() as session:
        assert session.scalar(select(Post.body_html)) == "<p>It <strong>grows</strong>.</p>\n"
        assert session.scalar(select(CommentRevision.html)) == "<p>So <em>fine</em>.</p>\n"
        assert session.scalar(select(Byline.bio_html)) == "<p>She <em>writes</em>.</p>\n"
        assert session.scalar(select(Post.renderer)) == markup.RENDERER_VERSION


def test_render_reads_standard_input(within: Command) -> None:
    assert succeeded(within("render", typed="# No title\n\n*yes* <b>")) == (
        "<p># No title</p>\n<p><em>yes</em> &lt;b&gt;</p>\n\n"
    )


def test_render_reads_a_file(within: Command, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Jardin d’été\n", encoding="utf-8")

    assert succeeded(within("render", "--post", "note.md")) == "<h2>Jardin d’été</h2>\n\n"


def test_render_answers_line_by_line(tmp_path: Path) -> None:
    """Whoever talks with it waits for each answer before sending the next text."""
    with subprocess.Popen(
        command("render", "--jsonl", "--language", "en"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin
        assert process.stdout
        for text in ("*first*", "second\nline", "été\u2028"):
            process.stdin.write(json.dumps(text) + "\n")
            assert json.loads(process.stdout.readline()) == markup.comment_html(text, "en")
        process.stdin.close()
        assert process.wait(30) == 0


@only_sqlite
def test_check_finds_what_is_wrong(within: Command, data: Database, database_url: str) -> None:
    with data.write() as session:
        post = write_post(session, now=clock())
        write_comment(session, post, now=clock(), mode=Mode.PRE, letters=True)
        session.execute(update(Post).values(comment_count=7))

    run = within(
        "check",
        database_url=database_url,
        rate_limits="off",
        base_url="http://example.org",
        mail_url="smtp://127.0.0.1:1",
    )

    assert run.returncode == 1
    problems = [line for line in run.stdout.splitlines() if line.startswith("PROBLEM")]
    for word in ("Rate limits", "https", "administrator", "Counts are wrong", "mail server"):
        assert [line for line in problems if word in line], (word, problems)
    assert "1 waiting, 0 could not be delivered" in run.stdout


def test_check_is_content(within: Command, data: Database, database_url: str) -> None:
    with data.write() as session:
        session.add(
            Person(name="Ada", email="a@example.org", role=Role.ADMINISTRATOR, language="fr", created_at=clock())
        )

    said = succeeded(within("check", database_url=database_url))

    assert said.startswith("ok")
    assert "PROBLEM" not in said


@only_sqlite
def test_settings_come_from_a_file(within: Command, data: Database, tmp_path: Path, database_url: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "agora.toml").write_text(
        f'database_url = "{database_url}"\nbase_url = "https://x.example"\n'
    )

    said = within("check").stdout

    assert "the site's address is https://x.example" in said
    assert "is at the version of this Agora" in said
