"""A backup is one whole file that brings the site back, made while people write; or a sentence, and no file."""

import gc
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from friends import SECRET, Site, comment_on, form

from agora.cli import main
from agora.store import copies
from agora.store.database import Database
from agora.store.schema import migrate

from . import agora, command, environment

Run = Callable[..., tuple[int, str, str]]

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WRITERS, EACH = 4, 5


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder and gives its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, data: str = "var", **settings: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patched:
            for name, value in ({"data_dir": str(tmp_path / data)} | settings).items():
                patched.setenv(f"AGORA_{name.upper()}", value)
            code = main(list(arguments))
        gc.collect()  # connections that would end with the process of the command
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def said(answer: tuple[int, str, str]) -> str:
    code, text, complaint = answer
    assert code == 0, complaint
    return text


def sentence(answer: tuple[int, str, str]) -> str:
    """The one sentence of a command that failed; a progress bar may have begun before."""
    code, text, complaint = answer
    assert (code, text) == (1, "")
    (told,) = [line for line in complaint.splitlines() if not line.endswith(" %")]
    assert told.startswith("agora: "), complaint
    return told


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site that was just prepared, and its backup; to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("AGORA_DATA_DIR", str(folder / "var"))
        for words in ("init", "person add Ada --email ada@example.org", "backup site.zip"):
            assert main(words.split()) == 0
    gc.collect()
    return folder


@pytest.fixture
def backed_up(run: Run, prepared: Path, tmp_path: Path) -> Path:
    """The backup of a site that was just prepared."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return tmp_path / "site.zip"


def people(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM people ORDER BY id")]


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# While people write


@pytest.fixture
def quick_site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site that lets everyone write as fast as they can."""
    with Site(database_url, tmp_path / "data", rate_limits="off") as served:
        yield served


@only_sqlite
def test_backup_holds_every_acknowledged_comment(quick_site: Site, run: Run, tmp_path: Path) -> None:
    """Four write all the while; what was acknowledged before it began is in it, and all of it fits together."""
    site, post = quick_site, quick_site.post(moderation="post")
    acknowledged: list[str] = []
    some, ended = threading.Event(), threading.Event()

    def write(writer: int) -> None:
        client = site.client()
        fields = form(client.get(f"/posts/{post.slug}"), "comment-form") | {"name": "Bob"}
        for number in range(500):
            body = f"Thought {number} of writer {writer}."
            sent = fields | {"email": f"w{writer}-{number}@example.org", "body": body}
            assert client.post(f"/posts/{post.slug}/comments", data=sent).status_code == 303
            acknowledged.append(body)
            if len(acknowledged) >= WRITERS * EACH:
                some.set()
            if ended.is_set():
                return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert some.wait(60)
    before = list(acknowledged)

    made = agora(tmp_path, "backup", "site.zip", database_url=site.settings.database_url)

    ended.set()
    for writer in writers:
        writer.join(60)
    assert made.returncode == 0, made.stderr
    said(run("restore", "site.zip", data="other", secret_key=SECRET))
    restored = tmp_path / "other" / "agora.db"
    with closing(sqlite3.connect(restored)) as connection:
        stored = {body for (body,) in connection.execute("SELECT body FROM comment_revisions")}
        (counted,) = connection.execute("SELECT comment_count FROM posts").fetchone()
    assert set(before) <= stored <= set(acknowledged)
    assert counted == len(stored)
    assert copies.troubles(restored, threading.Event()) == []
    said(run("person", "add", "Ada", "--email", "a@example.org", "--role", "administrator", data="other"))
    assert "PROBLEM" not in said(run("check", data="other"))


@only_sqlite
def test_restored_site_serves_the_same(site: Site, run: Run, tmp_path: Path) -> None:
    """The same bytes, and the commenter's own page with the key that came along."""
    address, post = "https://blog.example.org", site.post(moderation="post")
    own = comment_on(site.client(), post, "It stays.").headers["location"]
    database_url = site.settings.database_url
    paths = ["/", f"/posts/{post.slug}", "/feed.atom", "/archive", own]
    with Site(database_url, tmp_path / "one", base_url=address) as first:
        before = [first.client().get(path) for path in paths]

    said(run("backup", "site.zip", database_url=database_url, secret_key=SECRET))
    said(run("restore", "site.zip", data="two"))

    folder = tmp_path / "two"
    key = (folder / "secret-key").read_text()
    with Site(f"sqlite:///{folder / 'agora.db'}", folder, base_url=address, secret_key=key) as second:
        after = [second.client().get(path) for path in paths]
    assert [answer.status_code for answer in after] == [200] * len(paths)
    assert [answer.text for answer in after] == [answer.text for answer in before]


# The file


def test_backup_is_private_and_whole(backed_up: Path, run: Run) -> None:
    assert backed_up.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(backed_up) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"agora.db", "secret-key", "manifest.json"}
        assert archive.read("secret-key") == Path("var/secret-key").read_bytes()
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["counts"] == {"posts": 0, "comments": 0, "people": 1}
    assert files(backed_up.parent) == {"site.zip", "var"}


def test_backup_replaces_only_when_told(backed_up: Path, run: Run) -> None:
    before = backed_up.read_bytes()

    assert "--overwrite" in sentence(run("backup", "site.zip"))
    assert backed_up.read_bytes() == before
    said(run("person", "add", "Eve", "--email", "eve@example.org"))
    assert "people: 2" in said(run("backup", "site.zip", "--overwrite"))
    assert files(backed_up.parent) == {"site.zip", "var"}


def test_backup_remembers_when_it_was_made(backed_up: Path, run: Run) -> None:
    said(run("backup", "second.zip"))

    marked = Path("var/last-backup")
    assert marked.read_text().strip() == str(backed_up.with_name("second.zip"))
    assert time.time() - marked.stat().st_mtime < 3600


def test_places_for_no_backup(backed_up: Path, run: Run) -> None:
    assert "folder" in sentence(run("backup", "nowhere/site.zip"))
    assert "is a folder" in sentence(run("backup", "var"))
    for name in ("agora.db", "agora.db-wal"):
        assert "the database itself" in sentence(run("backup", "--overwrite", f"var/{name}"))
    assert people(Path("var/agora.db")) == ["Ada"]


def test_nothing_to_back_up(run: Run, tmp_path: Path) -> None:
    assert "empty" in sentence(run("backup", "site.zip"))
    assert files(tmp_path) == {"var"}


def test_damaged_database_gives_no_backup(backed_up: Path, run: Run) -> None:
    with Path("var/agora.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)

    assert "no backup was made" in sentence(run("backup", "second.zip"))
    assert files(backed_up.parent) == {"site.zip", "var"}


@pytest.mark.parametrize("command", [("backup", "site.zip"), ("restore", "site.zip")], ids=lambda words: words[0])
def test_postgresql_has_its_own_tools(run: Run, command: tuple[str, ...]) -> None:
    assert "pg_" in sentence(run(*command, database_url="postgresql://nobody@127.0.0.1/agora"))


def test_killed_backup_leaves_no_file(backed_up: Path, run: Run, tmp_path: Path) -> None:
    """Stopped in the middle, then killed: nothing that could be taken for a backup; the next one clears it away."""
    with closing(sqlite3.connect("var/agora.db")) as connection, connection:
        connection.execute("CREATE TABLE ballast AS SELECT randomblob(40000000) AS noise")
    process = psutil.Popen(
        command("backup", "second.zip"), cwd=tmp_path, env=environment(tmp_path), stdout=-1, stderr=-1
    )
    while not [name for name in files(tmp_path) if name.endswith(".unfinished")]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    process.suspend()

    process.kill()

    assert process.wait(30) == -signal.SIGKILL
    for pipe in (process.stdout, process.stderr):
        pipe.close()
    assert not (tmp_path / "second.zip").exists()
    assert people(tmp_path / "var" / "agora.db") == ["Ada"]
    said(run("backup", "third.zip"))
    assert files(tmp_path) == {"site.zip", "third.zip", "var"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "agora-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("NO BACKUP WAS TRIED ON A FULL DISK: mounting a small file system needs root.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_gives_no_backup(backed_up: Path, run: Run, small_disk: Path) -> None:
    assert "no backup was made" in sentence(run("backup", str(small_disk / "site.zip")))
    assert files(small_disk) == set()


def test_full_disk_restores_nothing(backed_up: Path, run: Run, small_disk: Path) -> None:
    told = sentence(run("restore", "site.zip", database_url=f"sqlite:///{small_disk / 'agora.db'}"))
    assert "nothing was restored" in told
    assert files(small_disk) == set()


# Back again


def test_restore_keeps_what_it_replaces(backed_up: Path, run: Run) -> None:
    said(run("person", "add", "Eve", "--email", "eve@example.org"))

    assert "--force" in sentence(run("restore", "site.zip"))
    assert people(Path("var/agora.db")) == ["Ada", "Eve"]
    told = [said(run("restore", "site.zip", "--force")) for _ in range(2)]

    assert ["agora-replaced.db" in told[0], "agora-replaced-2.db" in told[1]] == [True, True]
    assert people(Path("var/agora.db")) == ["Ada"]
    assert people(Path("var/agora-replaced.db")) == ["Ada", "Eve"]
    assert {path.stat().st_mode & 0o777 for path in Path("var").glob("*.db")} == {0o600}
    assert not [name for name in files(Path("var")) if "unfinished" in name or "-wal" in name]


@only_sqlite
def test_restore_spares_a_running_site(site: Site, run: Run) -> None:
    database_url = site.settings.database_url
    said(run("backup", "site.zip", database_url=database_url))
    post = site.post()

    for force in ((), ("--force",)):
        assert "stop the site" in sentence(run("restore", "site.zip", *force, database_url=database_url))

    assert site.client().get(f"/posts/{post.slug}").status_code == 200


def test_restore_replaces_a_damaged_database(backed_up: Path, run: Run) -> None:
    Path("var/agora.db").write_bytes(b"This is not a database at all. " * 1000)
    Path("var/agora.db-wal").write_bytes(b"Neither is this.")

    said(run("restore", "site.zip", "--force"))

    assert people(Path("var/agora.db")) == ["Ada"]
    assert {"agora-replaced.db", "agora-replaced.db-wal"} <= files(Path("var"))


def test_restore_brings_the_key(backed_up: Path, run: Run) -> None:
    said(run("restore", "site.zip", data="other"))

    assert Path("other/secret-key").read_text() == Path("var/secret-key").read_text()
    assert Path("other/secret-key").stat().st_mode & 0o777 == 0o600


def test_stated_key_wins_and_is_told(backed_up: Path, run: Run) -> None:
    assert "secret_key" in said(run("restore", "site.zip", data="other", secret_key="k" * 20))
    assert not Path("other/secret-key").exists()


def test_restore_migrates_an_older_backup(run: Run, tmp_path: Path) -> None:
    """Made before the second migration: its manifest says so, and so does its database."""
    Path("var").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'var' / 'agora.db'}")
    migrate(database, "0001")
    database.close()
    said(run("backup", "site.zip"))
    with zipfile.ZipFile("site.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["revision"] == "0001"

    said(run("restore", "site.zip", data="other"))

    assert said(run("init", data="other")).startswith("Prepared")
    assert "is at the version of this Agora" in run("check", data="other")[1]


def repacked(source: Path, target: Path, **changed: bytes | None) -> Path:
    """The archive with other contents under these names (`_` for a dot); None leaves one out."""
    contents = {name.replace("_", "."): content for name, content in changed.items()}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = contents.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def manifest_of(path: Path, **changed: object) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return json.dumps(json.loads(archive.read("manifest.json")) | changed).encode()


def test_newer_backups_are_refused(backed_up: Path, run: Run) -> None:
    for changed in ({"format": 2}, {"revision": "9999"}):
        newer = manifest_of(backed_up, agora="7.0", **changed)
        repacked(backed_up, Path("newer.zip"), manifest_json=newer)
        assert "newer Agora (7.0)" in sentence(run("restore", "newer.zip", data="other"))
    assert not Path("other/agora.db").exists()


def test_wrong_files_are_told(backed_up: Path, run: Run) -> None:
    whole = backed_up.read_bytes()
    Path("text.zip").write_text("Not an archive.")
    Path("half.zip").write_bytes(whole[: len(whole) // 2])
    Path("bent.zip").write_bytes(whole[:9000] + b"bent" + whole[9004:])
    repacked(backed_up, Path("no-key.zip"), **{"secret-key": None})
    repacked(backed_up, Path("no-manifest.zip"), manifest_json=None)
    repacked(backed_up, Path("odd-manifest.zip"), manifest_json=b"[1, 2]")
    repacked(backed_up, Path("other-database.zip"), agora_db=b"SQLite format 3\0" * 900)
    with zipfile.ZipFile("holiday.zip", "w") as archive:
        archive.writestr("picture.jpg", b"")

    wrong = sorted(files(Path()) - {"var", "other", "site.zip"})
    assert len(wrong) == 8
    for name in wrong:
        assert f"{name} is not a backup" in sentence(run("restore", name, data="other")), name
    assert "no file" in sentence(run("restore", "nowhere.zip", data="other"))
    assert "no file" in sentence(run("restore", "var", data="other"))
    assert files(Path("other")) == {"secret-key"}
