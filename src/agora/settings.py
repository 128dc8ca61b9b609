"""What an administrator sets outside the desk: a table of settings, read from a file and from the environment."""

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

# Characters. What Agora makes itself has 64.
SHORTEST_SECRET = 16
# In the data folder: its time is that of the last backup.
LAST_BACKUP = "last-backup"
# Where it is kept in the data folder, unless it is stated.
SECRET_FILE = "secret-key"  # noqa: S105


class BadSetting(Exception):
    """A setting that cannot be used; its text is one sentence for the administrator."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value.strip()


def _number(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
        raise ValueError("a whole number from 0 on is expected")
    return int(value)


def _positive(value: Any) -> int:
    if _number(value) < 1:
        raise ValueError("a whole number from 1 on is expected")
    return int(value)


def _switch(value: Any) -> bool:
    words = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False}
    if str(value).lower() not in words:
        raise ValueError('"on" or "off" is expected')
    return words[str(value).lower()]


def _items(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    return tuple(item for item in (_text(item) for item in items) if item)


def _networks(value: Any) -> tuple[str, ...]:
    return tuple(str(ip_network(item, strict=False)) for item in _items(value))


def _one_of(*words: str) -> Callable[[Any], str]:
    def choose(value: Any) -> str:
        if value not in words:
            raise ValueError("one of " + ", ".join(words) + " is expected")
        return str(value)

    return choose


def _address(schemes: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = _text(value)
        if text and text.partition("://")[0] not in schemes:
            raise ValueError("an address that begins with " + " or ".join(f"{s}://" for s in schemes) + " is expected")
        if not _port_is_good(text):
            raise ValueError("its port is not a number")
        return text.rstrip("/") if text.startswith("http") else text

    return read


def _port_is_good(address: str) -> bool:
    """An address of PostgreSQL may name several hosts, each with its own port."""
    try:
        hosts = urlsplit(address).netloc.rpartition("@")[2].split(",")
        return all(urlsplit(f"//{host}").port != 0 for host in hosts)
    except ValueError:
        return False


def _time_zone(value: Any) -> str:
    try:
        return ZoneInfo(_text(value)).key
    except (OSError, LookupError) as error:
        raise ValueError("a time zone such as Europe/Paris is expected") from error


@dataclass(frozen=True)
class Setting:
    """One line of the table: its name in the file (and, as AGORA_NAME, in the environment) and what it is for."""

    name: str
    default: Any
    read: Callable[[Any], Any]
    sentence: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("data_dir", "var", _text, "Folder for the database, letters and the secret key."),
    Setting(
        "database_url",
        "",
        _address(("sqlite", "postgresql", "postgres", "postgresql+psycopg")),
        "Where the database is; empty means SQLite in the data folder, else postgresql://user@host/name.",
        secret=True,
    ),
    Setting(
        "base_url",
        "",
        _address(("http", "https")),
        "The address at which readers reach the site, such as https://example.org; empty means where it listens.",
    ),
    Setting(
        "secret_key",
        "",
        _text,
        "Signs links, forms and cookies; empty means one that is made on first start and kept in the data folder.",
        secret=True,
    ),
    Setting(
        "mail_url",
        "",
        _address(("smtp", "smtps")),
        "Where letters go: smtp://user:password@host:587 (STARTTLS when offered) or smtps://; empty writes .eml files.",
        secret=True,
    ),
    Setting("mail_from", "", _text, "The sender of letters; empty means agora@ the host of the site's address."),
    Setting(
        "trusted_proxies",
        (),
        _networks,
        "Addresses or networks of your own proxies, whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    ),
    Setting(
        "allow_private_hosts",
        (),
        _items,
        "Names or networks that outgoing web requests may reach although private: so far those to akismet_url.",
    ),
    Setting("language", "fr", _one_of("fr", "en"), "The language of the site: fr or en."),
    Setting("time_zone", "Europe/Paris", _time_zone, "The time zone in which dates and hours are shown."),
    Setting(
        "moderation",
        "first-time",
        _one_of("pre", "first-time", "post"),
        "When comments appear: pre, first-time or post, unless chosen otherwise at the desk.",
    ),
    Setting(
        "max_links",
        2,
        _number,
        "A comment with more links than this waits for a moderator, unless the desk says otherwise.",
    ),
    Setting(
        "held_words",
        (),
        _items,
        "A comment with one of these words waits for a moderator, unless the desk says otherwise.",
    ),
    Setting(
        "reports_hide",
        0,
        _number,
        "A comment is hidden until it is read when its reports weigh this much (one confirmed reader: 1); 0 is never.",
    ),
    Setting(
        "akismet_url",
        "",
        _address(("http", "https")),
        "A service asked about comments as Akismet is, such as https://rest.akismet.com/1.1; empty asks none.",
    ),
    Setting("akismet_key", "", _text, "The key for that service.", secret=True),
    Setting("trusted_flaggers", (), _items, "E-mail addresses of trusted flaggers (Digital Services Act, article 22)."),
    Setting("appeal_days", 15, _positive, "Within how many days the site promises to answer an appeal."),
    Setting("edit_minutes", 30, _number, "How many minutes commenters may edit what they sent."),
    Setting(
        "keep_sources",
        True,
        _switch,
        "Keep from where each comment was sent (address, port, time), apart from it, as French law asks of hosts.",
    ),
    Setting(
        "retention_sources_days", 365, _number, "After how many days that is destroyed, and hashes of networks with it."
    ),
    Setting(
        "retention_identity_days",
        1826,
        _number,
        "How many days after somebody's last comment or report their e-mail address is forgotten.",
    ),
    Setting(
        "retention_accounts_days", 365, _number, "How many days after an account was closed its owner is forgotten."
    ),
    Setting("posts_per_page", 10, _positive, "How many posts one page of the home page shows."),
    Setting("threads_per_page", 50, _positive, "How many threads one page of a discussion shows."),
    Setting("replies_per_page", 100, _positive, "How many replies of a thread one page shows."),
    Setting(
        "thread_depth", 5, _positive, "How many levels of comments are drawn; deeper ones say to whom they answer."
    ),
    Setting("rate_limits", True, _switch, "Limits per source on comments and sign-ins; off only for load tests."),
    Setting("inner_worker", True, _switch, "Send letters from the server's own process; off if `agora worker` runs."),
    Setting("page_memory", 16, _number, "MiB in which each process keeps public pages ready to be sent; 0 keeps none."),
    Setting(
        "request_timeout",
        20,
        _positive,
        "Seconds that a browser may take to send a request; a form that keeps arriving has one more per 500 bytes.",
    ),
    Setting("database_timeout", 15, _positive, "Seconds after which a request no longer waits for the database."),
    Setting(
        "operator",
        "private",
        _one_of("private", "association", "public-body"),
        "Who runs the site: private, association or public-body; it decides which duties the report names.",
    ),
    Setting("log_format", "text", _one_of("text", "json"), "How lines of the log are written: text or json."),
    Setting(
        "metrics_networks",
        ("127.0.0.0/8", "::1/128"),
        _networks,
        "Addresses or networks that may read /metrics.",
    ),
    Setting(
        "metrics_token",
        "",
        _text,
        "Whoever sends this as a bearer token may read /metrics too, from anywhere; empty means nobody.",
        secret=True,
    ),
    Setting("threads", 8, _positive, "How many requests one process works on at once; also its database connections."),
)


@dataclass(frozen=True)
class Settings:
    data_dir: Path
    database_url: str
    base_url: str
    secret_key: str
    mail_url: str
    mail_from: str
    trusted_proxies: tuple[str, ...]
    allow_private_hosts: tuple[str, ...]
    language: str
    time_zone: str
    moderation: str
    max_links: int
    held_words: tuple[str, ...]
    reports_hide: int
    akismet_url: str
    akismet_key: str
    trusted_flaggers: tuple[str, ...]
    appeal_days: int
    edit_minutes: int
    keep_sources: bool
    retention_sources_days: int
    retention_identity_days: int
    retention_accounts_days: int
    posts_per_page: int
    threads_per_page: int
    replies_per_page: int
    thread_depth: int
    rate_limits: bool
    inner_worker: bool
    operator: str
    log_format: str
    metrics_networks: tuple[str, ...]
    metrics_token: str
    page_memory: int
    request_timeout: int
    database_timeout: int
    threads: int

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def asks_akismet(self) -> bool:
        return bool(self.akismet_url and self.akismet_key)

    @property
    def sender(self) -> str:
        return self.mail_from or f"agora@{self.host}"


def load(environ: Mapping[str, str] = os.environ, *, listens_on: str = "http://127.0.0.1:8000") -> Settings:
    """Read the settings: the table's defaults, then the file, then AGORA_* and AGORA_*_FILE.

    `listens_on` is the base address where none is set. Makes the data folder and the secret key if need be.
    Raises BadSetting with one sentence.
    """
    stated = {**_from_file(environ), **_from_environment(environ)}
    values = {setting.name: _read(setting, stated) for setting in SETTINGS}
    values["data_dir"] = _data_folder(Path(values["data_dir"]))
    values["database_url"] = values["database_url"] or f"sqlite:///{values['data_dir'] / 'agora.db'}"
    values["base_url"] = values["base_url"] or listens_on
    values["secret_key"] = values["secret_key"] or _kept_secret(values["data_dir"] / SECRET_FILE)
    if len(values["secret_key"]) < SHORTEST_SECRET:
        raise BadSetting(f"secret_key is too short: at least {SHORTEST_SECRET} characters are needed.")
    return Settings(**{field.name: values[field.name] for field in fields(Settings)})


def _from_file(environ: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    named = environ.get("AGORA_CONFIG")
    path = Path(named or "config/agora.toml")
    if not path.exists():
        if named:
            raise BadSetting(f"The settings file {path} that AGORA_CONFIG names does not exist.")
        return {}
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSetting(f"The settings file {path} cannot be read: {error}.") from error
    known = {setting.name for setting in SETTINGS}
    for name in stated:
        if name not in known:
            raise BadSetting(f'{path} has a setting "{name}" that does not exist.')
    return {name: (f"{name} in {path}", value) for name, value in stated.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    variables = {f"AGORA_{setting.name.upper()}": setting.name for setting in SETTINGS}
    stated: dict[str, tuple[str, Any]] = {}
    for variable, value in sorted(environ.items()):
        if not variable.startswith("AGORA_") or variable == "AGORA_CONFIG":
            continue
        base = variable.removesuffix("_FILE")
        if variable in variables:
            stated[variables[variable]] = (variable, value)
        elif base in variables:
            # AGORA_X_FILE is sorted after AGORA_X, and wins.
            stated[variables[base]] = (variable, _file_content(variable, value))
        else:
            raise BadSetting(f"The environment has a setting {variable} that does not exist.")
    return stated


def _file_content(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadSetting(f"The file that {variable} names cannot be read: {error}.") from error


def _read(setting: Setting, stated: Mapping[str, tuple[str, Any]]) -> Any:
    if setting.name not in stated:
        return setting.default
    origin, value = stated[setting.name]
    try:
        return setting.read(value)
    except (ValueError, TypeError) as error:
        shown = "" if setting.secret else f' "{value}"'
        raise BadSetting(f"{origin} has a value{shown} that cannot be used: {error}.") from error


def _data_folder(path: Path) -> Path:
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


def _kept_secret(path: Path) -> str:
    if not path.exists():
        # Of two processes that start at once, one gives the secret and both read it.
        with suppress(FileExistsError):
            _put_secret(path, secrets.token_urlsafe(48), os.link)
    return _file_content("secret_key", str(path))


def keep_secret(settings: Settings, secret: str) -> bool:
    """Keep this secret key for the site from its next start on; False where the settings state another one."""
    path = settings.data_dir / SECRET_FILE
    if settings.secret_key != secret and path.exists() and _kept_secret(path) == settings.secret_key:
        _put_secret(path, secret, os.replace)
        return True
    return settings.secret_key == secret


def _put_secret(path: Path, secret: str, put: Callable[[Path, Path], None]) -> None:
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
