"""`agora backup` and `agora restore`: one archive that holds what a site on SQLite cannot do without.

The archive is a ZIP file: the database as it was at one moment, the secret key, and a manifest that says what they are.
"""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from agora import __version__
from agora.console import Failed
from agora.settings import LAST_BACKUP, Settings, keep_secret
from agora.store import copies
from agora.store.copies import CopyFailed
from agora.store.database import Database
from agora.store.location import location
from agora.store.migrations import is_known, revision_of
from agora.store.schema import migrate

FORMAT = 1
DATABASE, SECRET, MANIFEST = "agora.db", "secret-key", "manifest.json"
DRAFT = "archive"  # while it is being written
COUNTED = ("posts", "comments", "people")
CHUNK = 4 * 1024 * 1024
# A manifest and a key are small; who hands us larger ones means no good.
SMALL = 64 * 1024

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, and of how much


class Trouble(Failed):
    """There is no backup, or nothing was restored; the text is one sentence for who asked for it."""


@dataclass(frozen=True)
class Manifest:
    """What an archive holds. `revision` is the last migration that the database had seen."""

    format: int
    agora: str
    revision: str
    made_at: str
    bytes: int
    sha256: str
    counts: dict[str, int]

    @property
    def summary(self) -> str:
        return ", ".join(f"{table}: {count}" for table, count in self.counts.items())


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
        revision = _copy(settings, folder / DATABASE, progress)
        manifest = _pack(folder, revision, settings.secret_key, now, progress)
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
        manifest, secret = _unpack(path, draft, progress)
        _refuse_damage(draft, f"the database in {path}")
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
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", suffix=".unfinished", dir=path.parent) as folder:
        yield Path(folder)


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


def _refuse_damage(path: Path, name: str) -> None:
    found = copies.troubles(path)
    if found:
        raise CopyFailed(f"{name} is damaged: {found[0].splitlines()[-1]}")


# The archive


def _copy(settings: Settings, draft: Path, progress: Progress) -> str:
    """A sound copy of the database, and the migration that it has come to."""
    database = Database(settings.database_url, connections=1)
    try:
        revision = revision_of(database)
        if revision is None:
            raise Trouble("there is nothing to back up: the database is empty.")
        copies.copy_to(database, draft, lambda done, all_: progress("Copied", done, all_))
    finally:
        database.close()
    _refuse_damage(draft, "it")
    return revision


def _pack(folder: Path, revision: str, secret: str, now: datetime, progress: Progress) -> Manifest:
    copy = folder / DATABASE
    digest, size = hashlib.sha256(), copy.stat().st_size
    with os.fdopen(os.open(folder / DRAFT, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        # The quickest level: others take three times as long for a fifth less, and the site needs the processor.
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            with copy.open("rb") as source, archive.open(DATABASE, "w", force_zip64=True) as packed:
                _pour(source, packed, digest.update, lambda done: progress("Packed", done, size))
            made_at, counts = now.isoformat(timespec="seconds"), copies.counts(copy, COUNTED)
            manifest = Manifest(FORMAT, __version__, revision, made_at, size, digest.hexdigest(), counts)
            archive.writestr(SECRET, secret)
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _put(draft: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        draft.replace(path)
    else:
        try:
            os.link(draft, path)  # a rename would take the place of what came there meanwhile
        except FileExistsError as error:
            raise Trouble(f"{path} is there already; use --overwrite to replace it.") from error
    _settle(path.parent)


def _unpack(path: Path, draft: Path, progress: Progress) -> tuple[Manifest, str]:
    """The archive's database as a file, its manifest and its secret key; all of it as it was packed."""
    if not path.is_file():
        raise Trouble(f"there is no file {path}.")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive, path)
            digest = hashlib.sha256()
            if archive.getinfo(DATABASE).file_size != manifest.bytes:
                raise ValueError(DATABASE)
            private = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(private, "wb") as file, archive.open(DATABASE) as packed:
                _pour(packed, file, digest.update, lambda done: progress("Unpacked", done, manifest.bytes))
            if digest.hexdigest() != manifest.sha256:
                raise ValueError(DATABASE)
            return manifest, _small(archive, SECRET)
    except (zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, TypeError, RuntimeError) as error:
        raise Trouble(f"{path} is not a backup of Agora, or is damaged; nothing was restored.") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    stated = json.loads(_small(archive, MANIFEST))
    newer = Trouble(f"{path} was made by a newer Agora ({stated['agora']}): install that one to restore it.")
    if stated["format"] != FORMAT:
        raise newer
    manifest = Manifest(**stated)
    if not is_known(manifest.revision):
        raise newer
    return manifest


def _small(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        text = file.read(SMALL + 1)
    if len(text) > SMALL:
        raise ValueError(name)
    return text.decode()


def _pour(
    source: IO[bytes], target: IO[bytes], see: Callable[[bytes], object], progress: Callable[[int], None]
) -> None:
    done = 0
    while chunk := source.read(CHUNK):
        target.write(chunk)
        see(chunk)
        done += len(chunk)
        progress(done)


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
