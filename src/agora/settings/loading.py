"""Reads the settings: defaults, then a file, then the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agora.settings.folder import SECRET_FILE, BadSetting, data_folder, file_content, kept_secret, put_secret
from agora.settings.table import SETTINGS, Setting

# Characters. What Agora makes itself has 64.
SHORTEST_SECRET = 16


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
    values["data_dir"] = data_folder(Path(values["data_dir"]))
    values["database_url"] = values["database_url"] or f"sqlite:///{values['data_dir'] / 'agora.db'}"
    values["base_url"] = values["base_url"] or listens_on
    values["secret_key"] = values["secret_key"] or kept_secret(values["data_dir"] / SECRET_FILE)
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
            stated[variables[base]] = (variable, file_content(variable, value))
        else:
            raise BadSetting(f"The environment has a setting {variable} that does not exist.")
    return stated


def _read(setting: Setting, stated: Mapping[str, tuple[str, Any]]) -> Any:
    if setting.name not in stated:
        return setting.default
    origin, value = stated[setting.name]
    try:
        return setting.read(value)
    except (ValueError, TypeError) as error:
        shown = "" if setting.secret else f' "{value}"'
        raise BadSetting(f"{origin} has a value{shown} that cannot be used: {error}.") from error


def keep_secret(settings: Settings, secret: str) -> bool:
    """Keep this secret key for the site from its next start on; False where the settings state another one."""
    path = settings.data_dir / SECRET_FILE
    if settings.secret_key != secret and path.exists() and kept_secret(path) == settings.secret_key:
        put_secret(path, secret, os.replace)
        return True
    return settings.secret_key == secret
