"""The data folder: what a site keeps in it besides its database."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# In the data folder: its time is that of the last backup.
LAST_BACKUP = "last-backup"
# Where it is kept in the data folder, unless it is stated.
SECRET_FILE = "secret-key"  # noqa: S105


class BadSetting(Exception):
    """A setting that cannot be used; its text is one sentence for the administrator."""


def data_folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = path / f".writable-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSetting(f"The data folder {path} cannot be written to: {error.strerror}.") from error
    return path


def last_backup(data_dir: Path) -> float | None:
    """When `agora backup` last ended well, in seconds since 1970; None if nothing here tells."""
    try:
        return (data_dir / LAST_BACKUP).stat().st_mtime
    except OSError:
        return None


def kept_secret(path: Path) -> str:
    if not path.exists():
        # Of two processes that start at once, one gives the secret and both read it.
        with suppress(FileExistsError):
            put_secret(path, secrets.token_urlsafe(48), os.link)
    return file_content("secret_key", str(path))


def put_secret(path: Path, secret: str, put: Callable[[Path, Path], None]) -> None:
    """Write the secret to a file of its own and put it, whole, into its place. Raises FileExistsError if `put` does."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise BadSetting(f"The secret key cannot be written to {path}: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def file_content(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadSetting(f"The file that {variable} names cannot be read: {error}.") from error
