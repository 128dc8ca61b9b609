"""The servers of the tests do what the tests rely on."""

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import psutil
import psycopg
import pytest
from playwright.sync_api import Browser

from . import HOST, browser
from .postgres import PostgresServer, found_programs, wait_for_end
from .smtp import SmtpServer


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def answer(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()[0]


def letter(subject: str = "Le jardin", to: str = "bob@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "alice@example.org", to, subject
    message.set_content("Déjà en fleur.\n")
    return message


def send(server: SmtpServer, message: EmailMessage, timeout: float = 10) -> None:
    with smtplib.SMTP(HOST, server.port, timeout=timeout) as client:
        client.send_message(message)


@pytest.mark.parametrize("programs", found_programs(), ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_every_found_postgres_starts(programs: Path) -> None:
    with PostgresServer(fsync=False, programs=programs) as server:
        url = server.create_database("essai")
        assert "PostgreSQL" in answer(url, "select version()")
        assert answer(url, "show server_encoding") == "UTF8"
        assert answer(url, "show fsync") == "off"


def test_unreadable_programs_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = [path for path in found_programs() if "pginstall" in path.parent.name]
    monkeypatch.setattr(PostgresServer, "_readable", PostgresServer._copy_of)
    with PostgresServer(fsync=False, programs=packaged[0]) as server:
        assert answer(server.url("postgres"), "select 1") == 1


def test_databases_are_cloned_and_dropped(postgres: PostgresServer) -> None:
    template = postgres.create_database("modèle")
    with psycopg.connect(template) as connection:
        connection.execute("create table posts as select 'le-jardin' as slug")
    copy = postgres.clone_database("modèle", "copie")
    with closing(psycopg.connect(copy)) as still_open:
        assert still_open.execute("select slug from posts").fetchone() == ("le-jardin",)
        postgres.drop_database("copie")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copy)


def test_committed_rows_survive_kill(postgres: PostgresServer) -> None:
    url = postgres.create_database("orage")
    with psycopg.connect(url) as connection:
        connection.execute("create table comments as select 1 as id")
    with closing(psycopg.connect(url)) as witness:
        postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            witness.execute("select 1")
    postgres.start()
    assert answer(url, "select id from comments") == 1


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_server_ends_with_tests(end: signal.Signals) -> None:
    """A process that starts a server and is killed leaves neither processes nor a folder."""
    package = __package__ or ""
    script = (
        f"from {package}.postgres import PostgresServer\n"
        "server = PostgresServer(fsync=False).__enter__()\n"
        "print(server._process.pid, server._guard.pid, server._folder, flush=True)\n"
        "input()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    postmaster, guard, folder = tests.stdout.readline().split()
    family = [psutil.Process(int(postmaster)), psutil.Process(int(guard))]
    family += family[0].children(recursive=True)
    tests.send_signal(end)
    tests.communicate()
    wait_for_end(family)
    assert not Path(folder).exists()


def test_letters_are_received(smtp: SmtpServer) -> None:
    send(smtp, letter("Une réponse"))
    send(smtp, letter("Une autre"))
    first, second = smtp.wait_for(2)
    assert (first["Subject"], second["Subject"]) == ("Une réponse", "Une autre")
    assert first.get_content() == "Déjà en fleur.\n"
    assert smtp.envelopes[0].rcpt_tos == ["bob@example.org"]


def test_missing_letters_are_reported(smtp: SmtpServer) -> None:
    send(smtp, letter("Seule"))
    with pytest.raises(TimeoutError, match=r"1 of 2 letters .*Seule"):
        smtp.wait_for(2, timeout=0.01)


def test_bad_mood_refuses_everyone(smtp: SmtpServer) -> None:
    smtp.refuse_all = True
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        send(smtp, letter())
    assert refusal.value.smtp_code == 451
    assert smtp.letters == []


def test_one_recipient_is_rejected(smtp: SmtpServer) -> None:
    smtp.reject_recipient("Bob@example.org")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(smtp, letter())
    assert refusal.value.recipients["bob@example.org"][0] == 550
    send(smtp, letter(to="charlie@example.org"))
    assert [received["To"] for received in smtp.wait_for(1)] == ["charlie@example.org"]


def test_frozen_server_answers_nothing(smtp: SmtpServer) -> None:
    smtp.freeze()
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(smtp, letter(), timeout=0.2)
    smtp.thaw()
    send(smtp, letter("Après le gel"))
    assert [received["Subject"] for received in smtp.wait_for(1)] == ["Après le gel"]


def test_server_freezes_mid_letter(smtp: SmtpServer) -> None:
    with smtplib.SMTP(HOST, smtp.port, timeout=0.2) as client:
        client.ehlo()
        smtp.freeze()
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.noop()


def test_server_restarts_on_its_port(smtp: SmtpServer) -> None:
    smtp.freeze()
    smtp.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp, letter())
    smtp.start()
    send(smtp, letter())
    assert len(smtp.wait_for(1)) == 1


@pytest.mark.browser
def test_chromium_opens_a_page(chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto("about:blank")
    assert page.evaluate("navigator.userAgent").count("Chrome") == 1
    page.close()


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_missing_chromium_is_told(monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(browser, "chromium_path", lambda: None)
    with pytest.raises(outcome, match="NO CHROMIUM"):
        browser.require_chromium()
