"""`agora backup` and `agora restore`: one file that holds what a site on SQLite cannot do without."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event

from agora.backup_file import DATABASE, Manifest, Progress, Trouble, pack, unpack
from agora.settings import LAST_BACKUP, Settings, keep_secret
from agora.store import copies
from agora.store.copies import CopyFailed
from agora.store.database import Database
from agora.store.location import location
from agora.store.migrations import revision_of
from agora.store.schema import migrate

DRAFT, UNFINISHED = "archive", ".unfinished"  # while it is being written


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    kept_as: Path | None  # where the database that was there before is now
    other_key: bool  # whether the settings name another secret key than that of the backup


def make(settings: Settings, path: Path, *, overwrite: bool, now: datetime, progress: Progress) -> Manifest:
    """Write a backup; the site may run meanwhile. Raises Trouble.

    Until it is whole and on the disk there is nothing under its name.
    """
    source = _sqlite_file(settings, "pg_dump")
    _refuse_target(path, source, overwrite)
    with _explained("no backup was made"), _workshop(path) as folder:
        copy = folder / DATABASE
        revision = _copy(settings, copy, progress)
        with _looked_through(copy, "it", progress):
            manifest = pack(copy, folder / DRAFT, revision, settings.secret_key, now, progress)
        _put(folder / DRAFT, path, overwrite=overwrite)
        _leave_mark(settings.data_dir / LAST_BACKUP, path)
    return manifest


def restore(settings: Settings, path: Path, *, force: bool, progress: Progress) -> Restored:
    """Put a backup in the place of the site's database, and migrate it to this version of Agora. Raises Trouble.

    The present database stays what it is until the other one is whole, migrated and on the disk.
    """
    target = _sqlite_file(settings, "pg_restore")
    _refuse_place(target, force)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _explained("nothing was restored"), _workshop(target) as folder:
        draft = folder / DATABASE
        manifest, secret = unpack(path, draft, progress)
        with _looked_through(draft, f"the database in {path}", progress):
            pass
        _bring_forward(draft)
        kept_as = _replace(target, draft)
        return Restored(manifest, kept_as, other_key=not keep_secret(settings, secret))


@contextmanager
def _explained(outcome: str) -> Iterator[None]:
    """What the disk or the database refuses becomes a sentence with this outcome at its end."""
    try:
        yield
    except CopyFailed as error:
        raise Trouble(f"the database cannot be copied ({error}): {outcome}.") from error
    except OSError as error:
        raise Trouble(f"{error.filename or 'the archive'} cannot be used ({error.strerror}): {outcome}.") from error


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """A folder on the same disk as this file, into which only its owner can look; nothing of it stays."""
    for left in path.parent.glob(f".*{UNFINISHED}"):
        with suppress(OSError), _held(left):  # by nobody: its process was killed
            if all(part.name.startswith((DATABASE, DRAFT)) for part in left.iterdir()):
                shutil.rmtree(left)
    workshop = tempfile.TemporaryDirectory(prefix=f".{path.name}-", suffix=UNFINISHED, dir=path.parent)
    with workshop as folder, _held(Path(folder)):
        yield Path(folder)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder while this process lives. Raises OSError if another one does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


# Refusing first


def _sqlite_file(settings: Settings, tool: str) -> Path:
    url = location(settings.database_url)
    if url.get_backend_name() != "sqlite":
        raise Trouble(f"on PostgreSQL use {tool}, and keep the secret key: docs/operating.md says how.")
    if not url.database or url.database == ":memory:":
        raise Trouble("a database in memory cannot be backed up.")
    return Path(url.database)


def _refuse_target(path: Path, source: Path, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise Trouble(f"the folder {path.parent} does not exist.")
    if path.is_dir():
        raise Trouble(f"{path} is a folder; name the file that the backup shall be.")
    if path.resolve() in {part.resolve() for part in (source, *_beside(source))}:
        raise Trouble(f"{path} is the database itself.")
    if path.exists() and not overwrite:
        raise Trouble(f"{path} is there already; use --overwrite to replace it.")


def _refuse_place(target: Path, force: bool) -> None:
    """A site that runs is never replaced: its processes would go on in a file that has no name any more."""
    if not target.exists() or not target.stat().st_size:
        return
    if _is_running(target):
        raise Trouble("the database is in use; stop the site and its workers first.")
    if not force:
        raise Trouble(f"there is a database already: {target}; use --force to put the backup in its place.")


def _is_running(target: Path) -> bool:
    with suppress(CopyFailed):  # damaged: reason enough to restore it
        return copies.is_in_use(target)
    return False


# A sound copy


def _copy(settings: Settings, draft: Path, progress: Progress) -> str:
    """A copy of the database; gives the migration that it has come to."""
    database = Database(settings.database_url, connections=1)
    try:
        revision = revision_of(database)
        if revision is None:
            raise Trouble("there is nothing to back up: the database is empty.")
        copies.copy_to(database, draft, lambda done, all_: progress("Copied", done, all_))
    finally:
        database.close()
    return revision


@contextmanager
def _looked_through(copy: Path, name: str, progress: Progress) -> Iterator[None]:
    """Look for damage while something else is done with the copy. Raises CopyFailed at the end if there is some."""
    given_up = Event()
    with ThreadPoolExecutor(1) as executor:
        looking = executor.submit(copies.troubles, copy, given_up)
        try:
            yield
        except BaseException:
            given_up.set()
            raise
        progress("Looked through", 0, 1)
        found = looking.result()
        progress("Looked through", 1, 1)
    if found:
        raise CopyFailed(f"{name} is damaged: {found[0].splitlines()[-1]}")


def _put(draft: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        draft.replace(path)
    else:
        try:
            os.link(draft, path)  # a rename would take the place of what came there meanwhile
        except FileExistsError as error:
            raise Trouble(f"{path} is there already; use --overwrite to replace it.") from error
    _settle(path.parent)


# Into its place


def _bring_forward(draft: Path) -> None:
    database = Database(f"sqlite:///{draft}", connections=1)
    try:
        migrate(database)
    finally:
        database.close()
    copies.is_in_use(draft)  # nobody has it; what the migrations left in its -wal file moves into it
    with draft.open("rb+") as file:
        os.fsync(file.fileno())


def _replace(target: Path, draft: Path) -> Path | None:
    """One step from the old database to the new one; the old one keeps a name of its own, which is returned."""
    kept_as = None
    if target.exists() and target.stat().st_size:
        kept_as = _free_name(target.with_name(f"{target.stem}-replaced{target.suffix}"))
        # Only a damaged database still has these. They must not be taken for those of the new one.
        for part, name in zip(_beside(target), _beside(kept_as), strict=True):
            with suppress(FileNotFoundError):
                part.rename(name)
        os.link(target, kept_as)
    draft.replace(target)
    _settle(target.parent)
    return kept_as


def _free_name(path: Path) -> Path:
    number = 1
    name = path
    while name.exists():
        number += 1
        name = path.with_stem(f"{path.stem}-{number}")
    return name


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _settle(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _leave_mark(mark: Path, path: Path) -> None:
    mark.write_text(f"{path.resolve()}\n", encoding="utf-8")
