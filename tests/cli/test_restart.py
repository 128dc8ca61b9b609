"""`agora serve` is several processes on one socket: they come and go, and nobody who asks is the worse for it."""

import http.client
import os
import pty
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import psutil
import pytest
from friends import write_comment, write_post
from servers import HOST, free_port
from servers.postgres import is_alive
from servers.smtp import SmtpServer
from sqlalchemy import text

from agora.actions import people as people_actions
from agora.app import clock
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.store.database import Database

from . import Serving, command, environment

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


PATIENCE = 60  # seconds, on a machine that is busy with other things


def wait_until(happened: Callable[[], object], why: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)


def wait_for_end(processes: list[psutil.Process]) -> None:
    wait_until(lambda: not any(map(is_alive, processes)))


def processes(served: Serving) -> list[psutil.Process]:
    """Those that answer, without the one that supervises them."""
    return [process for process in psutil.Process(served.running.pid).children() if is_alive(process)]


def restart(served: Serving) -> None:
    """Ask for new processes, and wait until none of the old ones is left."""
    old = processes(served)
    served.running.send_signal(signal.SIGHUP)
    wait_for_end(old)
    assert len(processes(served)) == len(old), served.log


class Readers:
    """Readers who ask again and again, on one connection or on a new one each time, and note what went wrong."""

    def __init__(self, port: int) -> None:
        self.answers, self.troubles = 0, list[str]()
        self._port = port
        self._enough = threading.Event()
        habits = [(kept, pause) for kept in (True, False) for pause in (0.005, 0.02, 0.1)]
        self._threads = [threading.Thread(target=self._ask, args=habit) for habit in habits]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, is_kept: bool, pause: float) -> None:
        connection, paths = None, cycle(("/", "/healthz"))  # one of them is answered from memory
        while not self._enough.wait(pause):
            try:
                connection = connection or http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)
                connection.request("GET", next(paths))
                answer = connection.getresponse()
                answer.read()
                self.answers += answer.status == 200
            except (OSError, http.client.HTTPException) as trouble:
                self.troubles.append(repr(trouble))
                answer = None
            if not is_kept or answer is None or answer.will_close:
                if connection:
                    connection.close()
                connection = None
        if connection:
            connection.close()


@only_sqlite
@pytest.mark.parametrize(("count", "restarts"), [("1", 2), ("2", 1)])
def test_restart_refuses_nobody(tmp_path: Path, database_url: str, count: str, restarts: int) -> None:
    """And the processes that were started anew end with their supervisor as the first ones do."""
    with Serving(tmp_path, "--workers", count, database_url=database_url) as served:
        with Readers(served.port) as readers:
            for _ in range(restarts):
                before = readers.answers
                restart(served)
                wait_until(lambda before=before: readers.answers > before + 100)
        assert readers.troubles == []

        family = processes(served)
        served.running.kill()

        wait_for_end(family)
        assert "Traceback" not in served.log, served.log[served.log.index("Traceback") :]


@contextmanager
def half_a_form(port: int) -> Iterator[tuple[socket.socket, bytes]]:
    """A connection on which a request has begun to arrive, and the rest of it."""
    head = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    body = b"email=nobody%40example.org"
    with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        yield connection, body[5:]


@only_sqlite
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_request_in_flight_is_answered(tmp_path: Path, database_url: str, by: signal.Signals) -> None:
    with Serving(tmp_path, database_url=database_url) as served, half_a_form(served.port) as (connection, rest):
        (serving,) = processes(served)
        wait_until(lambda: any(at.status == "ESTABLISHED" for at in serving.net_connections("tcp")))

        served.running.send_signal(by)

        wait_until(lambda: not any(at.status == "LISTEN" for at in serving.net_connections("tcp")))
        connection.sendall(rest)
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert b"\r\nconnection: close\r\n" in answer
        wait_for_end([serving])


@only_sqlite
def test_restart_reads_settings_anew(tmp_path: Path, database_url: str) -> None:
    """Those that cannot be used leave the old processes where they are."""
    config = tmp_path / "agora.toml"
    config.write_text('base_url = "http://old.example.org"')
    with Serving(tmp_path, database_url=database_url, config=str(config)) as served:
        old = processes(served)

        config.write_text('base_url = "mailto:new"')
        served.running.send_signal(signal.SIGHUP)
        wait_until(lambda: "the old ones go on" in served.log, lambda: served.log)
        assert "base_url" in served.log
        assert "Traceback" not in served.log
        assert processes(served) == old
        with served.client() as client:
            assert "http://old.example.org/" in client.get("/feed.atom").text

        config.write_text('base_url = "http://new.example.org"')
        restart(served)
        with served.client() as client:
            assert "http://new.example.org/" in client.get("/feed.atom").text


@only_sqlite
def test_restart_waits_for_migrations(tmp_path: Path, database_url: str) -> None:
    """A new version over an old database: the old processes go on until somebody migrates."""
    with Serving(tmp_path, database_url=database_url) as served:
        old = processes(served)
        database = Database(database_url)
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        database.close()

        served.running.send_signal(signal.SIGHUP)

        wait_until(lambda: "the old ones go on" in served.log, lambda: served.log)
        assert "run `agora migrate` first" in served.log
        assert processes(served) == old


@only_sqlite
def test_dead_process_is_replaced(tmp_path: Path, database_url: str) -> None:
    """And stops nobody meanwhile."""
    with Serving(tmp_path, "--workers", "2", database_url=database_url) as served:
        victim, survivor = processes(served)

        victim.kill()

        for _ in range(4):
            with served.client() as client:
                assert client.get("/readyz").status_code == 200
        wait_until(lambda: len({*processes(served), victim, survivor}) == 3, lambda: served.log)
        assert "ended by itself (status -9)" in served.log


@only_sqlite
def test_processes_end_with_their_supervisor(tmp_path: Path, database_url: str) -> None:
    with Serving(tmp_path, "--workers", "2", database_url=database_url) as served:
        family = processes(served)

        served.running.kill()

        wait_for_end(family)
        assert "Traceback" not in served.log


def started(folder: Path, database_url: str, output: int, **variables: str) -> psutil.Popen:
    """`agora serve` that writes all it says to this file, with these variables in its environment."""
    return psutil.Popen(
        command("serve", "--port", str(free_port())),
        cwd=folder,
        env=environment(folder, database_url=database_url) | variables,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


@only_sqlite
def test_closed_terminal_ends_the_server(tmp_path: Path, database_url: str) -> None:
    """Where there is a terminal, a hangup does not mean what it means to a service."""
    terminal, its_end = pty.openpty()
    serving = started(tmp_path, database_url, its_end)
    os.close(its_end)
    assert b"ready" in os.read(terminal, 1000)
    family = serving.children()

    os.close(terminal)
    serving.send_signal(signal.SIGHUP)

    assert serving.wait(PATIENCE) == 0
    wait_for_end(family)


@only_sqlite
def test_systemd_is_told(tmp_path: Path, database_url: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        serving = started(tmp_path, database_url, subprocess.DEVNULL, NOTIFY_SOCKET=str(tmp_path / "notify"))

        assert systemd.recv(100) == b"READY=1"
        serving.send_signal(signal.SIGHUP)
        assert systemd.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert systemd.recv(100) == b"READY=1"
        serving.send_signal(signal.SIGTERM)
        assert systemd.recv(100) == b"STOPPING=1"
        assert serving.wait(PATIENCE) == 0


def test_processes_share_the_letters(tmp_path: Path, database_url: str, post_office: SmtpServer) -> None:
    """Each process has a worker; each letter is sent by one of them."""
    count = 40
    database = Database(database_url)
    with database.write() as session:
        post = write_post(session, now=clock())
        people_actions.add_person(
            session,
            name="Maud",
            email="maud@example.org",
            role=Role.MODERATOR,
            language="en",
            password=None,
            now=clock(),
        )
        for n in range(count):
            write_comment(session, post, f"Thought {n}.", now=clock(), mode=Mode.PRE)
    database.close()

    with Serving(tmp_path, "--workers", "2", database_url=database_url, mail_url=post_office.url) as served:
        letters = post_office.wait_for(count, PATIENCE)
        assert served.end(signal.SIGTERM) == 0

    assert len(post_office.letters) == count
    assert len({letter["Message-ID"] for letter in letters}) == count
