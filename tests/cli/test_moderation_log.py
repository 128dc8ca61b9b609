"""`agora moderation verify` and `export`: a file that verifies by itself, and a sentence for what is wrong."""

from pathlib import Path

import pytest

from agora.app import clock
from agora.store import ledger
from agora.store.database import Database

from . import Command


@pytest.fixture
def stated(database_url: str) -> dict[str, str]:
    """The settings of a site whose log has three entries."""
    database = Database(database_url)
    for number in range(3):
        with database.write() as session:
            ledger.append(session, "test", at=clock(), facts={"n": number}, private={"who": "Maud"})
    database.close()
    return {"database_url": database_url}


@pytest.fixture
def log(within: Command, stated: dict[str, str], tmp_path: Path) -> Path:
    assert within("moderation", "export", "log.jsonl", **stated).returncode == 0
    return tmp_path / "log.jsonl"


def test_export_verifies_without_a_site(within: Command, log: Path) -> None:
    # A database that cannot be reached: the file is enough.
    said = within("moderation", "verify", str(log), database_url="postgresql://nobody@127.0.0.1:1/nothing")
    assert said.returncode == 0, said.stderr
    assert "In order: 5 entries" in said.stdout
    head = said.stdout.split("head ")[1].split()[0]
    assert within("moderation", "verify", str(log), "--head", head).returncode == 0
    assert within("moderation", "verify", str(log), "--head", f"2:{'a' * 64}").returncode == 1
    assert "Maud" not in log.read_text()


def test_broken_entry_is_named(within: Command, log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b'\\"n\\":1', b'\\"n\\":7'))
    said = within("moderation", "verify", str(log))
    assert said.returncode == 1
    assert "BROKEN at entry 2 (line 3): Entry 2 is not what was sealed." in said.stdout


def test_database_is_verified(within: Command, stated: dict[str, str]) -> None:
    said = within("moderation", "verify", **stated)
    assert said.returncode == 0, said.stderr
    assert "In order: 3 entries" in said.stdout
    assert "Private values: 3 bound, 3 shown and right" in said.stdout


def test_export_replaces_nothing_unasked(within: Command, log: Path, stated: dict[str, str]) -> None:
    assert "there already" in within("moderation", "export", "log.jsonl", **stated).stderr
    assert within("moderation", "export", "log.jsonl", "--overwrite", "--with-private", **stated).returncode == 0
    assert "Maud" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "\n", "{}\n", '"x"\n', "\xff\n", "[" * 100_000])
def test_other_files_are_refused(within: Command, tmp_path: Path, content: str) -> None:
    (tmp_path / "other").write_bytes(content.encode("latin-1"))
    said = within("moderation", "verify", "other")
    assert said.returncode == 1
    assert "BROKEN at the header (line 1)" in said.stdout
    assert within("moderation", "verify", "nothing").stderr.startswith("agora: ")


def test_statements_of_an_empty_year(within: Command, stated: dict[str, str]) -> None:
    said = within("moderation", "statements", "2026", **stated)
    assert (said.returncode, said.stdout) == (0, "")
