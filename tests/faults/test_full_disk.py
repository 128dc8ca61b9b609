"""A full disk: what cannot be saved is not acknowledged, reading goes on, and room makes all well again."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cli import Serving
from conftest import _prepared
from friends import Site, comment_on
from servers.postgres import PostgresServer
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from agora.store import counts, posts
from agora.store.comments import Comment
from agora.store.database import Database

from .ledger import SETTINGS, Ledger, Outcome, prepare, settle

NO_STRACE = "NO DISK FAILED: that needs the program strace."
MISSING = "NO FULL DISK WAS TRIED: mounting a small file system needs root."


@pytest.fixture
def small_disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of four megabytes, unless the test asks for another size."""
    folder = Path(tempfile.mkdtemp(prefix="agora-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={getattr(request, 'param', '4m')},mode=0777", "agora-test", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip(MISSING)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


@pytest.fixture
def site_on_small_disk(small_disk: Path) -> Iterator[Site]:
    url = _prepared(f"sqlite:///{small_disk / 'agora.db'}", small_disk)
    with Site(url, small_disk / "data") as site:
        yield site


def fill(disk: Path) -> Path:
    """Take the last byte there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


def post_until_refused(client: httpx.Client, post: posts.Post) -> tuple[int, httpx.Response]:
    """How many comments were taken until the disk was full, and the answer to the first that was not."""
    for taken in range(200):
        answer = comment_on(client, post, f"Thought {taken}. " + "It goes on and on. " * 400)
        if answer.status_code != 303:
            return taken, answer
    raise AssertionError("the disk never was full")


def count(site: Site) -> int:
    with site.database.read() as session:
        assert counts.wrong(session) == {}
        return session.scalar(select(func.count(Comment.id))) or 0


def test_full_disk_refuses_honestly(site_on_small_disk: Site, small_disk: Path) -> None:
    site = site_on_small_disk
    post, client = site.post(moderation="post"), site.client()
    ballast = fill(small_disk)

    taken, refused = post_until_refused(client, post)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    assert "keep your text" in refused.text
    assert count(site) == taken
    for path in ("/", f"/posts/{post.slug}", "/feed.atom", "/readyz"):
        assert client.get(path).status_code == 200, path

    ballast.unlink()
    assert comment_on(client, post, "Room at last.").status_code == 303
    assert count(site) == taken + 1


def test_full_disk_loses_no_letter(site_on_small_disk: Site, small_disk: Path) -> None:
    site = site_on_small_disk
    comment_on(site.client(), site.post(), letters="yes")
    (site.settings.data_dir / "letters").mkdir()
    ballast = fill(small_disk)

    sent_on_full_disk = deliver_as_far_as_possible(site)
    assert [path.suffix for path in (site.settings.data_dir / "letters").glob("*.eml")] == []
    assert sent_on_full_disk == 0

    ballast.unlink()
    site.clock.forward(minutes=10)
    assert site.deliver() == 1
    assert [letter["To"] for letter in site.letters()] == ["bob@example.org"]


def fill_again_and_again(times: range, disk: Path, ledger: Ledger, outcome: Outcome) -> None:
    for _ in times:
        ledger.wait_for(5)
        ballast = fill(disk)
        ledger.wait_for_refusal()
        since = time.monotonic()
        ballast.unlink()
        outcome.back_after.append(ledger.back_after(since))


@pytest.mark.parametrize("small_disk", ["40m"], indirect=True)
def test_readers_on_a_full_disk_lose_nothing(
    small_disk: Path, tmp_path: Path, rounds: Callable[[int, int], range], outcome: Outcome
) -> None:
    """The disk of SQLite is full for a while."""
    url = _prepared(f"sqlite:///{small_disk / 'agora.db'}", small_disk)
    database = Database(url)
    with Serving(tmp_path, database_url=url, **SETTINGS) as served:
        with Ledger(served.client, prepare(database)) as ledger:
            fill_again_and_again(rounds(1, 10), small_disk, ledger, outcome)
            settle(ledger, database, outcome)
        assert "Traceback" not in served.log
    database.close()


@pytest.mark.parametrize("small_disk", ["200m"], indirect=True)
def test_postgres_on_a_full_disk_loses_nothing(
    small_disk: Path, tmp_path: Path, is_long: bool, monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    """The disk of PostgreSQL is full for a while."""
    if not is_long:
        pytest.skip("PostgreSQL on a full disk belongs to the long form: make faults.")
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))  # where the server makes its folder
    with PostgresServer() as server:
        database = Database(_prepared(server.create_database("full"), tmp_path))
        url = database.engine.url.render_as_string(hide_password=False)
        with Serving(tmp_path, database_url=url, **SETTINGS) as served:
            with Ledger(served.client, prepare(database)) as ledger:
                for _ in range(3):
                    ledger.wait_for(5)
                    ballast = fill(small_disk)
                    ledger.wait_for_refusal()
                    since = time.monotonic()
                    ballast.unlink()
                    if not server.is_running:  # it ends rather than lose a commit: its service manager starts it again
                        server.start()
                    outcome.back_after.append(ledger.back_after(since))
                settle(ledger, database, outcome)
            assert "Traceback" not in served.log
        database.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_disk_that_fails_now_and_then_loses_nothing(
    database_url: str, tmp_path: Path, is_long: bool, outcome: Outcome
) -> None:
    """Every fifth fsync of SQLite fails."""
    if not is_long:
        pytest.skip("a disk that fails belongs to the long form: make faults.")
    if not shutil.which("strace"):
        pytest.skip(NO_STRACE)
    database = Database(database_url)
    served = Serving(tmp_path, database_url=database_url, **SETTINGS)
    failing = "inject=fsync,fdatasync:error=EIO:when=3+5"
    served._command = ["strace", "-f", "-qq", "-o", str(tmp_path / "strace"), "-e", failing, *served._command]
    with served:
        with Ledger(served.client, prepare(database)) as ledger:
            ledger.wait_for(100)
            settle(ledger, database, outcome)
        assert ledger.answers
        assert "Traceback" not in served.log
    database.close()


def deliver_as_far_as_possible(site: Site) -> int:
    try:
        return site.deliver()
    except OperationalError:  # the claim itself could not be written: the worker logs it and tries again
        return 0
