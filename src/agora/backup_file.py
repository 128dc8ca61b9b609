"""The file that `agora backup` writes and `agora restore` reads.

It is a ZIP file: the database as it was at one moment, the secret key, and a manifest that says what they are.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from agora import __version__
from agora.console import Failed
from agora.store import copies
from agora.store.migrations import is_known

FORMAT = 1
DATABASE, SECRET, MANIFEST = "agora.db", "secret-key", "manifest.json"
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


def pack(copy: Path, target: Path, revision: str, secret: str, now: datetime, progress: Progress) -> Manifest:
    """Write a new archive, which is on the disk when this returns, and which only its owner can read."""
    digest, size = hashlib.sha256(), copy.stat().st_size
    with os.fdopen(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
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


def unpack(path: Path, draft: Path, progress: Progress) -> tuple[Manifest, str]:
    """The archive's database as a new file, its manifest and its secret key; all of it as it was packed.

    Raises Trouble.
    """
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
