"""What every test may ask for: a real database of either kind, a site served over real HTTP, and some friends."""

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from friends import Site
from servers import browser as browsers
from servers.postgres import PostgresServer, memory
from servers.smtp import SmtpServer
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.util import LRUCache

from agora import settings
from agora.actions import people as people_actions
from agora.actions import site as site_actions
from agora.store import database as databases
from agora.store.database import Database
from agora.store.schema import migrate

KINDS = ("sqlite", "postgresql")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

# The tests' folders lie in memory where there is room: SQLite waits for its disk at every commit, and nobody pulls the
# plug here. pytest reads this name when it makes its first folder.
if room := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(room))

# What takes long comes first, so that at the end no process waits long for the others: one file before all, then rooms.
LONGEST = "test_screens.py"
LONG = ("browser", "faults", "cli", "rules", "servers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long before the others: a process takes the next file that no other has."""

    def place(item: pytest.Item) -> int:
        room = item.path.parent.name
        return -1 if item.path.name == LONGEST else LONG.index(room) if room in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[PasswordHasher]:
    """Hash passwords cheaply in this process; gives the hasher that Agora uses, which is slow on purpose."""
    with pytest.MonkeyPatch.context() as patched:
        thorough = people_actions._hasher
        patched.setattr(people_actions, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield thorough


def pytest_collection_finish() -> None:
    """Leave the thousands of tests, and the modules, out of later garbage collections: they stay until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Compile each statement once in this process, as a server does: not once more for every test's own database."""
    compiled = LRUCache(capacity=2000)

    def sharing(*stated: object, **options: object) -> Engine:
        engine = create_engine(*stated, **options)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(databases, "create_engine", sharing)
        for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patched.setattr(dialect, "__eq__", _speaks_alike)
            patched.setattr(dialect, "__hash__", lambda self: hash(type(self)))
        yield


def _speaks_alike(one: Dialect, other: object) -> bool:
    """SQLAlchemy tells compiled statements apart by the engine's own dialect, of which each database has a new one."""
    return type(one) is type(other) and one.server_version_info == other.server_version_info


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer(fsync=False) as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The address of a prepared database for each kind, made when first needed and copied for every test."""
    return {"folder": str(tmp_path_factory.mktemp("template"))}


def _prepared(url: str, folder: Path) -> str:
    """A database with its tables and its first charter."""
    folder.mkdir(exist_ok=True)
    current = settings.load({"AGORA_DATA_DIR": str(folder), "AGORA_DATABASE_URL": url})
    database = Database(url)
    migrate(database)
    with database.write() as session:
        site_actions.initialise(session, current, now=LONG_AGO)
    database.close()
    return url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, templates: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """A prepared database of its own for each test, on SQLite and on PostgreSQL."""
    kind, folder = request.param, Path(templates["folder"])
    if kind == "sqlite":
        source = folder / "agora.db"
        if not source.exists():
            _prepared(f"sqlite:///{source}", folder)
        shutil.copy(source, tmp_path / "agora.db")
        yield f"sqlite:///{tmp_path / 'agora.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    if "postgresql" not in templates:
        templates["postgresql"] = _prepared(server.create_database("template_agora"), folder)
    name = f"test_{tmp_path.name.lower().replace('-', '_')[-40:]}_{abs(hash(str(tmp_path))) % 10**8}"
    yield server.clone_database("template_agora", name)
    server.drop_database(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with nobody and nothing on it, served on loopback; its letters are files."""
    with Site(database_url, tmp_path / "data") as served:
        yield served


@pytest.fixture
def post_office() -> Iterator[SmtpServer]:
    """A real SMTP server on loopback."""
    with SmtpServer() as server:
        yield server


@pytest.fixture
def posted_site(database_url: str, tmp_path: Path, post_office: SmtpServer) -> Iterator[Site]:
    """A site whose letters go to the post office."""
    with Site(database_url, tmp_path / "data", mail_url=post_office.url) as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    browsers.require_chromium()
    with browsers.launch() as browser:
        yield browser
