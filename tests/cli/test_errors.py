"""What goes wrong on the command line is told in one sentence, with the exit code that scripts rely on."""

import argparse
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers import free_port
from sqlalchemy import text

from agora.actions import site as site_actions
from agora.app import clock
from agora.cli import build_parser, main
from agora.settings import load
from agora.store.database import Database
from agora.store.schema import migrate

from . import SECRET_KEY, agora

# `python -m agora` calls this very function; one process for each of these would take a minute.
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder and gives its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **settings: str) -> tuple[int, str, str]:
        stated = {"data_dir": str(tmp_path / "var"), "secret_key": SECRET_KEY} | settings
        with monkeypatch.context() as patched:
            for name, value in stated.items():
                patched.setenv(f"AGORA_{name.upper()}", value)
            try:
                code = main(list(arguments))
            except SystemExit as end:
                code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def sentence(answer: tuple[int, str, str]) -> str:
    """The one sentence of a command that failed."""
    code, said, complaint = answer
    assert code == 1, complaint
    assert said == ""
    assert complaint.startswith("agora: "), complaint
    assert complaint.endswith("\n"), complaint
    assert len(complaint.splitlines()) == 1, complaint
    return complaint


COMMANDS = [
    ("serve",),
    ("init",),
    ("migrate",),
    ("worker", "--once"),
    ("demo",),
    ("person", "add", "Ada", "--email", "ada@example.org"),
    ("person", "link", "ada@example.org"),
    ("rerender",),
]

BAD_SETTINGS = [
    # settings, and what the sentence names
    ({"colour": "red"}, "AGORA_COLOUR"),
    ({"moderation": "maybe"}, "AGORA_MODERATION"),
    ({"language": "de"}, "AGORA_LANGUAGE"),
    ({"threads": "0"}, "AGORA_THREADS"),
    ({"threads": "many"}, "AGORA_THREADS"),
    ({"rate_limits": "perhaps"}, "AGORA_RATE_LIMITS"),
    ({"time_zone": "Europe/Nowhere"}, "AGORA_TIME_ZONE"),
    ({"trusted_proxies": "the one next door"}, "AGORA_TRUSTED_PROXIES"),
    ({"base_url": "example.org"}, "AGORA_BASE_URL"),
    ({"mail_url": "example.org:25"}, "AGORA_MAIL_URL"),
    ({"mail_url": "smtp://example.org:twentyfive"}, "AGORA_MAIL_URL"),
    ({"database_url": "mysql://example.org/agora"}, "AGORA_DATABASE_URL"),
    ({"database_url": "postgresql://example.org:port/agora"}, "AGORA_DATABASE_URL"),
    ({"secret_key": "short"}, "secret_key"),
    ({"secret_key_file": "/nowhere/secret"}, "AGORA_SECRET_KEY_FILE"),
    ({"config": "/nowhere/agora.toml"}, "/nowhere/agora.toml"),
]


@pytest.mark.parametrize(("settings", "named"), BAD_SETTINGS, ids=lambda value: str(value)[:40])
def test_bad_settings_stop_the_start(run: Run, settings: dict[str, str], named: str) -> None:
    assert named in sentence(run("serve", **settings))


def test_secrets_stay_out_of_complaints(run: Run) -> None:
    complaint = sentence(run("serve", mail_url="mailto:ada:hush@example.org"))
    assert "hush" not in complaint


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_unwritable_folder_is_told(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Below a file: not even root can write there."""
    (tmp_path / "file").touch()

    assert "cannot be written to" in sentence(run(*command, data_dir=str(tmp_path / "file" / "var")))


NEED_TABLES = [command for command in COMMANDS if command[0] not in {"init", "migrate"}]


@pytest.mark.parametrize("command", NEED_TABLES, ids=" ".join)
def test_missing_migration_is_told(run: Run, command: tuple[str, ...]) -> None:
    assert "run `agora migrate`" in sentence(run(*command))


def test_empty_database_is_told(run: Run) -> None:
    assert run("migrate")[0] == 0

    for command in NEED_TABLES:
        assert "run `agora init`" in sentence(run(*command))


def test_newer_database_is_told(run: Run, tmp_path: Path) -> None:
    """Somebody went back to an older Agora."""
    run("init")
    database = Database(f"sqlite:///{tmp_path / 'var' / 'agora.db'}")
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    for command in (("migrate",), ("init",), ("serve",)):
        assert "version" in sentence(run(*command))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_unreachable_database_is_told(run: Run, command: tuple[str, ...]) -> None:
    url = f"postgresql://nobody:hush@127.0.0.1:{free_port()}/agora"

    complaint = sentence(run(*command, database_url=url))

    assert "database cannot be used" in complaint
    assert "hush" not in complaint


def test_check_reports_an_unreachable_database(run: Run) -> None:
    code, said, complaint = run("check", database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/agora")
    assert code == 1
    assert "PROBLEM The database cannot be used" in said
    assert complaint == ""


def test_broken_database_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "agora.db").write_bytes(b"This is not a database at all. " * 100)

    assert "database cannot be used" in sentence(run("serve"))


@pytest.fixture
def prepared(run: Run) -> Iterator[Run]:
    assert run("init")[0] == 0
    assert run("person", "add", "Ada", "--email", "ada@example.org")[0] == 0
    return run


WRONG_PEOPLE = [
    (("add", "Eve", "--email", "ada@example.org"), "already has this address"),
    (("add", "Eve", "--email", "Ada@Example.ORG "), "already has this address"),
    (("add", "Eve", "--email", "nowhere"), "e-mail address"),
    (("add", " ", "--email", "eve@example.org"), "name"),
    (("add", "E" * 81, "--email", "eve@example.org"), "80"),
    (("link", "eve@example.org"), "eve@example.org"),
    (("link", "nowhere"), "nowhere"),
]


def test_wrong_people_are_told(prepared: Run) -> None:
    for arguments, named in WRONG_PEOPLE:
        assert named in sentence(prepared("person", *arguments))


def test_short_password_is_told(tmp_path: Path) -> None:
    agora(tmp_path, "init")

    ended = agora(tmp_path, "person", "add", "Ada", "--email", "ada@example.org", "--password-stdin", typed="short\n")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "agora: A password needs at least 12 characters.\n"


def test_sample_content_needs_an_empty_site(tmp_path: Path, run: Run) -> None:
    database = Database(f"sqlite:///{tmp_path / 'agora.db'}")
    migrate(database)
    current = load({"AGORA_DATA_DIR": str(tmp_path / "var")})
    with database.write() as session:
        site_actions.initialise(session, current, now=clock())
        session.execute(
            text(
                "INSERT INTO posts (title, slug, summary, body, body_html, renderer, words, language, source_title,"
                " source_url, state, discussion_open, created_at, changed_at, edition, comment_count, thread_count)"
                " VALUES ('A draft', 'a-draft', '', '', '', 1, 0, 'fr', '', '', 'draft', 1, '2026-01-01',"
                " '2026-01-01', 1, 0, 0)"
            )
        )
    database.close()

    assert "posts already" in sentence(run("demo", database_url=f"sqlite:///{tmp_path / 'agora.db'}"))


def test_texts_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    latin, numbers, broken = tmp_path / "latin.md", tmp_path / "numbers.jsonl", tmp_path / "broken.jsonl"
    latin.write_bytes("été".encode("latin-1"))
    numbers.write_text("7\n")
    broken.write_text('"unfinished\n')

    assert "nowhere.md" in sentence(run("render", "nowhere.md"))
    assert "UTF-8" in sentence(run("render", str(latin)))
    assert "JSON string" in sentence(run("render", "--jsonl", str(numbers)))
    assert "JSON string" in sentence(run("render", "--jsonl", str(broken)))


# Wrong use, and help


def parsers(parser: argparse.ArgumentParser | None = None) -> Iterator[argparse.ArgumentParser]:
    """Agora's parser and those of all its commands."""
    parser = parser or build_parser()
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from parsers(command)


EVERY_COMMAND = {parser.prog: parser for parser in parsers()}


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_help_gives_an_example(run: Run, name: str) -> None:
    code, said, complaint = run(*name.split()[1:], "--help")

    assert (code, complaint) == (0, "")
    example = re.search(r"Example: (agora .*)", " ".join(said.split()))
    assert example, said
    for one in example[1].split("&&"):
        assert build_parser().parse_args(shlex.split(one)[1:]).command


WRONG_USE = [
    (),
    ("fly",),
    ("serve", "--port", "eight"),
    ("serve", "--wings"),
    ("person",),
    ("person", "add", "Ada"),
    ("person", "add", "Ada", "--email", "ada@example.org", "--role", "king"),
    ("render", "--post", "--comment"),
]


@pytest.mark.parametrize("arguments", WRONG_USE, ids=" ".join)
def test_wrong_use_is_told(run: Run, arguments: tuple[str, ...]) -> None:
    code, said, complaint = run(*arguments)

    assert (code, said) == (2, "")
    assert complaint.startswith("usage: agora")


def test_errors_are_no_tracebacks(tmp_path: Path) -> None:
    """The same in a process of its own."""
    ended = agora(tmp_path, "serve", colour="red")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "agora: The environment has a setting AGORA_COLOUR that does not exist.\n"
