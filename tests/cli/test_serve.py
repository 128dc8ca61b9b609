"""`agora serve` says when it is ready, answers, and ends without a fuss."""

import re
import signal
import socket
from pathlib import Path

import psutil
import pytest
from friends import PASSWORD, comment_on, write_post
from servers import free_port
from servers.postgres import PostgresServer, wait_for_end
from sqlalchemy import func, select

from agora.app import clock
from agora.store.comments import Comment
from agora.store.database import Database

from . import Serving, agora, command, environment

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
def test_server_announces_its_address(tmp_path: Path, database_url: str) -> None:
    serving = Serving(tmp_path, database_url=database_url)
    serving.anew = True
    with serving as served, served.client() as client:
        assert served.said == f"Agora is ready on {served.base_url}\n"
        assert client.get("/readyz").text.startswith("ready")
        assert f"{served.base_url}/feed.atom" in client.get("/feed.atom").text


@only_sqlite
@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_signals_end_the_server(tmp_path: Path, database_url: str, by: signal.Signals, code: int) -> None:
    with Serving(tmp_path, database_url=database_url) as served, served.client() as client:
        client.get("/").raise_for_status()  # a connection that stays open

        assert served.end(by) == code

        assert "Traceback" not in served.log
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", served.port)) != 0


@only_sqlite
def test_server_comes_back_where_it_was(tmp_path: Path, database_url: str) -> None:
    """At once, although connections to the old one are still being closed."""
    with Serving(tmp_path, database_url=database_url) as served:
        for _ in range(2):
            with served.client() as client:
                client.get("/").raise_for_status()
                served.end(signal.SIGTERM)
            served.start()
        with served.client() as client:
            assert client.get("/readyz").status_code == 200


@only_sqlite
def test_busy_port_is_told(tmp_path: Path, database_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        for workers in ("1", "2"):
            ended = agora(tmp_path, "serve", "--port", port, "--workers", workers, database_url=database_url)

            assert (ended.returncode, ended.stdout) == (1, "")
            assert re.fullmatch(rf"agora: cannot listen on 127\.0\.0\.1:{port}: .*\n", ended.stderr)


def test_two_processes_serve_together(tmp_path: Path, database_url: str) -> None:
    database = Database(database_url)
    with database.write() as session:
        post = write_post(session, now=clock())

    with Serving(tmp_path, "--workers", "2", database_url=database_url) as served:
        family = psutil.Process(served.running.pid).children(recursive=True)
        assert len(family) == 2
        for n in range(6):
            with served.client() as client:
                assert comment_on(client, post, f"Thought {n}.").status_code == 303
                assert client.get("/readyz").status_code == 200
        assert served.end(signal.SIGINT) in {0, 130}
        wait_for_end(family)
        assert "Traceback" not in served.log

    with database.read() as session:
        assert session.scalar(select(func.count(Comment.id))) == 6
    database.close()


def test_machines_prepare_one_database(tmp_path: Path, postgres: PostgresServer) -> None:
    """All of them, when they are started or upgraded at the same time."""
    name = f"together_{free_port()}"
    url = postgres.create_database(name)
    machines = [
        psutil.Popen(command("init"), cwd=tmp_path, env=environment(tmp_path, database_url=url), stdout=-1, stderr=-1)
        for _ in range(3)
    ]

    said = [machine.communicate(timeout=120) for machine in machines]

    assert [(machine.returncode, complaint) for machine, (_, complaint) in zip(machines, said, strict=True)] == [
        (0, b"")
    ] * 3
    assert sorted(first.partition(b":")[0] for first, _ in said) == [b"Already prepared"] * 2 + [b"Prepared"]
    postgres.drop_database(name)


@only_sqlite
def test_printed_link_signs_in(tmp_path: Path, database_url: str) -> None:
    with Serving(tmp_path, database_url=database_url) as served, served.client(follow_redirects=True) as client:
        settings = {"database_url": database_url, "base_url": served.base_url}
        printed = agora(tmp_path, "person", "add", "Ada", "--email", "ada@example.org", "--role", "editor", **settings)
        link = re.search(r"http\S+", printed.stdout)
        assert link

        client.get(link[0]).raise_for_status()
        assert client.post(link[0]).url.path == "/admin"
        assert client.post(link[0]).status_code == 403


@only_sqlite
def test_piped_password_signs_in(tmp_path: Path, database_url: str) -> None:
    added = ("person", "add", "Ada", "--email", "ada@example.org", "--password-stdin")
    assert agora(tmp_path, *added, typed=f"{PASSWORD}\n", database_url=database_url).returncode == 0

    with Serving(tmp_path, database_url=database_url) as served, served.client() as client:
        answer = client.post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD})

    assert answer.status_code == 303


@only_sqlite
def test_worker_runs_apart(tmp_path: Path, database_url: str) -> None:
    """It says that it runs, and SIGTERM ends it like somebody who goes home."""
    worker = psutil.Popen(
        command("worker"),
        cwd=tmp_path,
        env=environment(tmp_path, database_url=database_url),
        stdout=-1,
        stderr=-1,
        text=True,
    )
    assert worker.stdout.readline() == "The worker is running.\n"

    worker.send_signal(signal.SIGTERM)

    _, complaint = worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert complaint == ""
