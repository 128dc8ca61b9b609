"""The arrows of docs/architecture.md: who may import whom, and who may speak to the world outside."""

import ast
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest

from . import sources

# Beside all rooms; MAY_IMPORT says which of them know one another.
BESIDE = {
    "settings",
    "i18n",
    "catalogues",
    "languages",
    "rendering",
    "resources",
    "tokens",
    "signing",
    "logs",
    "priority",
}
ENTRANCES = {
    "app",
    "cli",
    "console",
    "commands",
    "progress",
    "clock",
    "__main__",
    "demo",
    "checkup",
    "rerender",
    "backup",
    "backup_file",
    "serving",
    "supervisor",
    "connections",
    "heap",
}
ROOMS = {"rules", "store", "actions", "web", "jobs"}

# web and jobs are strangers to each other, and nobody knows the entrances but the entrances.
MAY_IMPORT = {
    # room        knows, besides itself
    "rules": set(),
    "store": {"rules"} | BESIDE,
    "actions": {"rules", "store"} | BESIDE,
    "web": {"rules", "store", "actions"} | BESIDE,
    "jobs": {"rules", "store", "actions"} | BESIDE,
    "settings": set(),
    "i18n": {"catalogues", "languages", "resources"},
    "catalogues": set(),
    "languages": set(),
    "rendering": {"i18n", "resources"},
    "resources": set(),
    "tokens": set(),
    "signing": set(),
    "logs": set(),
    "priority": set(),
    **dict.fromkeys(ENTRANCES, ROOMS | BESIDE | ENTRANCES),
    "agora": set(),  # agora/__init__.py itself, which everyone may import for its version
}

TEXT_LIBRARIES = {"markdown_it", "mdit_py_plugins", "bleach", "nh3", "markupsafe", "regex"}
SANITISERS = {"bleach", "nh3"}
OUTBOUND = {"smtplib", "urllib.request", "http.client", "socket", "httpx"}
SERVER = {"serving.py", "supervisor.py"}
COMMITTERS = ("web/boundary.py", "jobs/*", "commands/*", "demo.py", "demo/*", "store/database.py")
CLOCKS = {"now", "utcnow", "today"}


class Import(NamedTuple):
    file: str
    line: int
    target: str  # a module, in full, or a name in one

    def __str__(self) -> str:
        return f"src/agora/{self.file}:{self.line} imports {self.target}"

    def is_of(self, modules: set[str]) -> bool:
        """Whether it is one of these modules, or something inside one."""
        return any(f"{self.target}.".startswith(f"{module}.") for module in modules)


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {file: ast.parse(text, file) for file, text in sources().items()}


@pytest.fixture(scope="module")
def imports(trees: dict[str, ast.Module]) -> list[Import]:
    return [found for file, tree in trees.items() for found in imports_of(file, tree)]


def imports_of(file: str, tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = origin(file, node)
            yield from (Import(file, node.lineno, f"{module}.{name.name}") for name in node.names)


def origin(file: str, node: ast.ImportFrom) -> str:
    """The module after `from`, in full, where the dots of a relative import have been counted out."""
    if not node.level:
        return node.module or ""
    package = ("agora", *PurePosixPath(file).parts)[: -node.level]
    return ".".join((*package, *filter(None, [node.module])))


def room_of_file(file: str) -> str:
    if file == "__init__.py":
        return "agora"
    return PurePosixPath(file).parts[0].removesuffix(".py")


def room_of_import(target: str) -> str:
    """The room that an import of ours leads to; `from agora import __version__` leads to the house as such."""
    name = target.removeprefix("agora").strip(".").partition(".")[0]
    return name if name in MAY_IMPORT else "agora"


def located(trees: dict[str, ast.Module], kind: Callable[[ast.AST], bool]) -> list[str]:
    return [
        f"src/agora/{file}:{getattr(node, 'lineno', 0)}"
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if kind(node)
    ]


def test_every_room_is_there(trees: dict[str, ast.Module]) -> None:
    assert (ROOMS | BESIDE | ENTRANCES) - {room_of_file(file) for file in trees} == set()


def test_every_file_has_a_room(trees: dict[str, ast.Module]) -> None:
    assert [file for file in trees if room_of_file(file) not in MAY_IMPORT] == []


def test_arrows_point_one_way(imports: list[Import]) -> None:
    ours = [found for found in imports if found.is_of({"agora"})]
    assert ours
    assert [str(found) for found in ours if not is_allowed(found)] == []


def is_allowed(found: Import) -> bool:
    here, there = room_of_file(found.file), room_of_import(found.target)
    return there in {here, "agora"} | MAY_IMPORT.get(here, set())


def test_rules_import_only_text_libraries(imports: list[Import]) -> None:
    allowed = sys.stdlib_module_names | TEXT_LIBRARIES | {"agora.rules"}
    rules = [found for found in imports if room_of_file(found.file) == "rules"]
    assert rules
    assert [str(found) for found in rules if not found.is_of(allowed)] == []


def test_rules_have_no_clock(trees: dict[str, ast.Module]) -> None:
    rules = {file: tree for file, tree in trees.items() if room_of_file(file) == "rules"}
    assert located(rules, lambda node: is_call_of(node, CLOCKS)) == []


def test_sanitisers_live_in_markup(imports: list[Import]) -> None:
    sanitisers = [found for found in imports if found.is_of(SANITISERS)]
    assert {found.file for found in sanitisers} == {"rules/markup.py"}, list(map(str, sanitisers))


def test_only_jobs_call_outside(imports: list[Import]) -> None:
    outbound = [found for found in imports if found.is_of(OUTBOUND)]
    assert outbound, "jobs/ reaches nobody, not even a mail server"
    assert [str(found) for found in outbound if not may_reach_out(found)] == []


def may_reach_out(found: Import) -> bool:
    """Jobs may; and the server holds the socket on which it listens."""
    return room_of_file(found.file) == "jobs" or (found.file in SERVER and found.target == "socket")


def test_no_import_hides_in_functions(trees: dict[str, ast.Module]) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    hidden = [
        str(found)
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, functions)
        for found in imports_of(file, node)
    ]
    assert hidden == []
    others = {file: tree for file, tree in trees.items() if file != "cli.py"}  # which loads a command by its name
    assert located(others, lambda node: is_call_of(node, {"import_module", "__import__"})) == []


def test_only_the_boundary_commits(trees: dict[str, ast.Module]) -> None:
    others = {file: tree for file, tree in trees.items() if not is_committer(file)}
    assert len(others) < len(trees)
    assert located(others, lambda node: is_call_of(node, {"commit"})) == []


def is_committer(file: str) -> bool:
    return any(fnmatch(file, pattern) for pattern in COMMITTERS)


def is_call_of(node: ast.AST, names: set[str]) -> bool:
    """Whether it calls something of such a name, be it `name()` or `anything.name()`."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in names
