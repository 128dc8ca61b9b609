"""What documents promise and what the code does are the same."""

import argparse
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from agora.rules.checklist import CHECKLIST
from agora.rules.moderation import TRANSITIONS, State

from . import ROOT, text_of

# Environment variables that operating.md may name although they are no settings.
BESIDE_SETTINGS = {"AGORA_CONFIG"}

SETTING_LINE = re.compile(r"#? ?([a-z][a-z_]*) *= *(.+)")
COMMENT_LINE = re.compile(r"# ?(.*)")
VARIABLE = re.compile(r"\bAGORA_[A-Z][A-Z_]*[A-Z]\b")
COMMAND_TITLE = re.compile(r"^#+ .*?`agora((?: [a-z][a-z-]*)+)", re.MULTILINE)

# Written in pieces, so that this file does not name them itself.
REGISTRIES = tuple(
    ".".join(parts) for parts in [("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs"), ("deb", "debian")]
)
MACHINE_PATH = re.compile(r"(?<![\w.})-])/(?:home|work|root|tmp)/")
NOT_OURS = {".git", ".venv", "var", "node_modules", "dist", "build"}


def settings() -> dict[str, Any]:
    return {setting.name: setting for setting in import_module("agora.settings").SETTINGS}


def parser() -> argparse.ArgumentParser:
    return import_module("agora.cli").build_parser()


# The settings


@pytest.fixture(scope="module")
def example() -> dict[str, tuple[Any, str]]:
    """Every setting of the example file, commented out or not: its value, and the comment above it."""
    return dict(settings_in(text_of("config", "agora.example.toml")))


def settings_in(text: str) -> Iterator[tuple[str, tuple[Any, str]]]:
    comment: list[str] = []
    for line in text.splitlines():
        setting = SETTING_LINE.fullmatch(line)
        if setting and is_toml(setting.group(2)):
            yield setting.group(1), (value_of(setting.group(2)), " ".join(comment))
            comment = []
        elif words := COMMENT_LINE.fullmatch(line):
            comment.append(words.group(1).strip())
        else:
            comment = []


def value_of(text: str) -> Any:
    return tomllib.loads(f"value = {text}")["value"]


def is_toml(text: str) -> bool:
    try:
        value_of(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_example_names_every_setting(example: dict[str, tuple[Any, str]]) -> None:
    assert set(example) ^ set(settings()) == set()


def test_example_states_the_defaults(example: dict[str, tuple[Any, str]]) -> None:
    known = {name: setting for name, setting in settings().items() if name in example}
    shown = {name: setting.read(example[name][0]) for name, setting in known.items()}
    assert shown == {name: setting.default for name, setting in known.items()}


def test_example_explains_every_setting(example: dict[str, tuple[Any, str]]) -> None:
    comments = {name: comment for name, (_, comment) in example.items()}
    assert [name for name, setting in settings().items() if setting.sentence not in comments.get(name, "")] == []


def test_example_is_good_toml() -> None:
    text = text_of("config", "agora.example.toml")
    assert set(tomllib.loads(text)) <= set(settings())


def test_operating_names_every_setting() -> None:
    named = set(VARIABLE.findall(text_of("docs", "operating.md")))
    variables = {f"AGORA_{name.upper()}" for name in settings()}
    assert variables - named == set()
    assert named - variables - {f"{variable}_FILE" for variable in variables} - BESIDE_SETTINGS == set()


# The commands


def commands(parser: argparse.ArgumentParser, above: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and subcommand, as `person add`, with its parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield f"{above} {name}".strip(), below
                yield from commands(below, f"{above} {name}".strip())


def test_every_command_is_documented() -> None:
    text = text_of("docs", "commands.md")
    names = [name for name, _ in commands(parser())]
    assert names
    assert [name for name in names if not re.search(rf"\bagora {re.escape(name)}\b", text)] == []


def test_no_documented_command_is_gone() -> None:
    names = {name for name, _ in commands(parser())}
    titles = [title.strip() for title in COMMAND_TITLE.findall(text_of("docs", "commands.md"))]
    assert [title for title in titles if title not in names and not is_argument_of(title, names)] == []


def is_argument_of(title: str, names: set[str]) -> bool:
    """Whether it is a command that takes no subcommands, followed by a word that it takes as an argument."""
    groups = {name.rpartition(" ")[0] for name in names}
    return any(title.startswith(f"{name} ") for name in names - groups)


def test_every_command_has_an_example() -> None:
    assert [name for name, command in commands(parser()) if "Example" not in (command.epilog or "")] == []


# The files


def test_changelog_has_unreleased_changes() -> None:
    assert re.search(r"^## \[?Unreleased\b", text_of("CHANGELOG.md"), re.MULTILINE)


def test_locks_name_no_address() -> None:
    locks = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("*.lock")}
    assert set(locks) >= {"requirements.lock", "requirements-dev.lock"}
    assert [name for name, text in locks.items() if re.search(r"https?://", text)] == []


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str]]:
    """Every line of every text file of the project, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in project_files()
        if b"\0" not in path.read_bytes()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
    ]


def project_files() -> list[Path]:
    """What is in the repository or may be added to it; outside of a checkout, all that lies here."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    names = listing.stdout.decode().split("\0") if listing.returncode == 0 else map(str, relative_files())
    files = [ROOT / name for name in names if name and not NOT_OURS & set(Path(name).parts)]
    return [path for path in files if path.is_file()]


def relative_files() -> Iterator[Path]:
    return (path.relative_to(ROOT) for path in ROOT.rglob("*"))


def test_no_file_names_a_machine(lines: list[tuple[str, str]]) -> None:
    assert [f"{place}: {line.strip()[:100]}" for place, line in lines if MACHINE_PATH.search(line)] == []


def test_no_file_names_a_registry(lines: list[tuple[str, str]]) -> None:
    assert [place for place, line in lines if any(registry in line for registry in REGISTRIES)] == []


# The table of transitions


def test_moderation_lists_every_transition() -> None:
    """docs/moderation.md draws the table that guards the deeds."""
    wanted = [(*map(str, key), str(after)) for key, after in TRANSITIONS.items()]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in moderation_rows()]
    assert [row for row in rows if len(row) == 4 and row[0] in set(State)] == wanted


def test_moderation_lists_every_check() -> None:
    """docs/moderation.md explains the checks in the order of the desk's page."""
    rows = [line.strip("| ").split(" | ")[0] for line in moderation_rows()]
    titles = [check.title for check in CHECKLIST]
    assert [row for row in rows if row in titles] == titles


def moderation_rows() -> list[str]:
    return [line for line in text_of("docs", "moderation.md").splitlines() if line.startswith("| ")]
