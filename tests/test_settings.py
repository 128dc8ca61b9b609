"""Settings come from a file and the environment; what cannot be used is told in one sentence."""

import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from agora import settings
from agora.settings import SETTINGS, BadSetting, Settings

SECRET = "s3cret-of-thirty-two-characters-or-more"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in: there is no config/agora.toml but the one that a test writes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(toml: str = "", **environment: str) -> Settings:
    """The settings from a file with this text and from these variables, without their AGORA_."""
    environ = {f"AGORA_{name}": value for name, value in environment.items()}
    if toml:
        Path("settings.toml").write_text(toml, encoding="utf-8")
        environ["AGORA_CONFIG"] = "settings.toml"
    return settings.load(environ)


def complaint(toml: str = "", **environment: str) -> str:
    """The sentence with which these settings are refused."""
    with pytest.raises(BadSetting) as refusal:
        load(toml, **environment)
    sentence = str(refusal.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


# Where they come from


def test_defaults_need_nothing() -> None:
    loaded = settings.load({}, listens_on="http://127.0.0.1:9000")

    assert loaded.database_url == "sqlite:///var/agora.db"
    assert loaded.base_url == "http://127.0.0.1:9000"
    assert (loaded.language, loaded.time_zone, loaded.moderation) == ("fr", "Europe/Paris", "first-time")
    assert (loaded.host, loaded.is_https, loaded.sender) == ("127.0.0.1", False, "agora@127.0.0.1")


def test_every_setting_is_kept() -> None:
    assert {setting.name for setting in SETTINGS} == set(Settings.__dataclass_fields__)


def test_file_overrides_defaults() -> None:
    loaded = load(
        """
        language = "en"
        max_links = 0
        rate_limits = false
        held_words = ["casino", " paris sportifs "]
        trusted_proxies = ["10.0.0.1", "2001:db8::/32"]
        """
    )

    assert (loaded.language, loaded.max_links, loaded.rate_limits) == ("en", 0, False)
    assert loaded.held_words == ("casino", "paris sportifs")
    assert loaded.trusted_proxies == ("10.0.0.1/32", "2001:db8::/32")


def test_usual_file_is_found() -> None:
    Path("config").mkdir()
    Path("config/agora.toml").write_text('language = "en"', encoding="utf-8")

    assert settings.load({}).language == "en"


def test_environment_overrides_the_file() -> None:
    loaded = load('language = "en"\nmax_links = 3', LANGUAGE="fr", HELD_WORDS="casino, , paris sportifs")

    assert (loaded.language, loaded.max_links) == ("fr", 3)
    assert loaded.held_words == ("casino", "paris sportifs")


def test_secret_files_override_everything() -> None:
    Path("mail").write_text("smtp://user:pass@mail.example.org:587\n", encoding="utf-8")

    loaded = load('mail_url = "smtp://one"', MAIL_URL="smtp://two", MAIL_URL_FILE="mail")

    assert loaded.mail_url == "smtp://user:pass@mail.example.org:587"


def test_other_variables_are_ignored() -> None:
    assert settings.load({"PATH": "/bin", "LANGUAGE": "en", "agora_language": "en"}).language == "fr"


@pytest.mark.parametrize(("word", "is_on"), [("on", True), ("ON", True), ("1", True), ("off", False), ("false", False)])
def test_switches_understand_words(word: str, is_on: bool) -> None:
    assert load(RATE_LIMITS=word).rate_limits is is_on


def test_public_address_is_understood() -> None:
    loaded = load(BASE_URL="https://blog.example.org/", SECRET_KEY=SECRET)

    assert loaded.base_url == "https://blog.example.org"
    assert (loaded.host, loaded.is_https, loaded.sender) == ("blog.example.org", True, "agora@blog.example.org")
    assert replace(loaded, mail_from="us@example.org").sender == "us@example.org"


# What cannot be used


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LANGUAGE", "de", ["AGORA_LANGUAGE", '"de"', "fr, en"]),
        ("MODERATION", "never", ["AGORA_MODERATION", '"never"', "pre, first-time, post"]),
        ("MAX_LINKS", "many", ["AGORA_MAX_LINKS", '"many"']),
        ("MAX_LINKS", "-1", ["AGORA_MAX_LINKS", '"-1"', "from 0 on"]),
        ("MAX_LINKS", "", ["AGORA_MAX_LINKS", '""']),
        ("THREADS", "0", ["AGORA_THREADS", '"0"', "from 1 on"]),
        ("POSTS_PER_PAGE", "1.5", ["AGORA_POSTS_PER_PAGE", '"1.5"']),
        ("RATE_LIMITS", "maybe", ["AGORA_RATE_LIMITS", '"maybe"', '"on" or "off"']),
        ("TIME_ZONE", "Europe/Pariis", ["AGORA_TIME_ZONE", "Europe/Paris"]),
        ("TIME_ZONE", "../../etc/passwd", ["AGORA_TIME_ZONE"]),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy", ["AGORA_TRUSTED_PROXIES", "'proxy'"]),
        ("BASE_URL", "blog.example.org", ["AGORA_BASE_URL", "http:// or https://"]),
        ("BASE_URL", "javascript:alert(1)", ["AGORA_BASE_URL", "http:// or https://"]),
        ("BASE_URL", "https://example.org:port", ["AGORA_BASE_URL", "port"]),
        ("DATABASE_URL", "mysql://db", ["AGORA_DATABASE_URL", "sqlite:// or postgresql://"]),
        ("MAIL_URL", "mail.example.org", ["AGORA_MAIL_URL", "smtp:// or smtps://"]),
        ("SECRET_KEY", "short", ["secret_key", "too short"]),
        ("SECRET_KEY_FILE", "nowhere", ["AGORA_SECRET_KEY_FILE", "nowhere"]),
        ("SECRET_KEY_FILE", ".", ["AGORA_SECRET_KEY_FILE"]),
        ("CONFIG", "nowhere.toml", ["AGORA_CONFIG", "nowhere.toml"]),
        ("CONFIG", ".", ["settings file"]),
        ("LANGUAGES", "fr", ["AGORA_LANGUAGES", "does not exist"]),
        ("COLOUR_FILE", "x", ["AGORA_COLOUR_FILE", "does not exist"]),
    ],
)
def test_bad_variable_gets_a_sentence(name: str, value: str, words: list[str]) -> None:
    sentence = complaint(**{name: value})

    assert [word for word in words if word not in sentence] == []


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('lang = "fr"', ["settings.toml", '"lang"', "does not exist"]),
        ("[section]\nlanguage = 'fr'", ['"section"', "does not exist"]),
        ("language = =", ["settings.toml", "line 1"]),
        ("language = 1", ["language in settings.toml", '"1"', "fr, en"]),
        ("max_links = true", ["max_links in settings.toml"]),
        ("max_links = [1]", ["max_links in settings.toml"]),
        ("held_words = 5", ["held_words in settings.toml"]),
        ("held_words = [5]", ["held_words in settings.toml", "text"]),
        ("data_dir = 5", ["data_dir in settings.toml", "text"]),
        ("mail_from = ['a']", ["mail_from in settings.toml", "text"]),
    ],
)
def test_bad_file_gets_a_sentence(toml: str, words: list[str]) -> None:
    sentence = complaint(toml)

    assert [word for word in words if word not in sentence] == []


def test_unreadable_bytes_get_a_sentence() -> None:
    Path("settings.toml").write_bytes(b'language = "\xe9"')

    assert "settings.toml" in complaint(CONFIG="settings.toml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "hush-hush"),
        ("MAIL_URL", "imap://user:hush-hush@example.org"),
        ("MAIL_URL", "smtp://user:hush-hush@[example.org"),
        ("MAIL_URL", "smtp://user:hush-hush@exa\u2100mple.org"),
        ("MAIL_URL", "smtp://user:hush-hush/@example.org:25"),
        ("DATABASE_URL", "mysql://user:hush-hush@db/agora"),
        ("DATABASE_URL", "postgresql://user:hush-hush@db:port/agora"),
    ],
)
def test_secrets_stay_untold(name: str, value: str) -> None:
    assert "hush-hush" not in complaint(**{name: value})
    assert "hush-hush" not in complaint(f'{name.lower()} = "{value}"')


# The data folder and the key in it


def test_key_is_made_once(folder: Path) -> None:
    first, second = load(DATA_DIR="deep/data"), load(DATA_DIR="deep/data")

    key = folder / "deep/data/secret-key"
    assert first.secret_key == second.secret_key == key.read_text(encoding="utf-8")
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["secret-key"]


def test_each_site_has_its_key() -> None:
    assert load(DATA_DIR="one").secret_key != load(DATA_DIR="two").secret_key


def test_given_key_is_not_written(folder: Path) -> None:
    assert load(DATA_DIR="data", SECRET_KEY=SECRET).secret_key == SECRET
    assert list((folder / "data").iterdir()) == []


def test_simultaneous_starts_share_a_key() -> None:
    start, keys = threading.Barrier(8), []

    def begin() -> None:
        start.wait()
        keys.append(load(DATA_DIR="data").secret_key)

    beginners = [threading.Thread(target=begin) for _ in range(8)]
    for beginner in beginners:
        beginner.start()
    for beginner in beginners:
        beginner.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("data_dir", ["a-file", "a-file/data", "/proc/agora"])
def test_unwritable_folder_gets_a_sentence(data_dir: str) -> None:
    Path("a-file").touch()

    sentence = complaint(DATA_DIR=data_dir)

    assert data_dir in sentence
    assert "cannot be written to" in sentence
