"""Tests of the house itself: what its files may say, and which way its arrows point."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "agora"
TEMPLATES = ROOT / "templates"


def text_of(*path: str) -> str:
    """The text of a file of the project; the test fails with its name where it is missing."""
    file = ROOT.joinpath(*path)
    assert file.is_file(), f"{'/'.join(path)} is missing"
    return file.read_text(encoding="utf-8")


def templates() -> dict[str, str]:
    """Every template's text by the name that `get_template` takes, such as `posts/show.html`."""
    files = {path.relative_to(TEMPLATES).as_posix(): path for path in TEMPLATES.rglob("*") if path.is_file()}
    assert files, "templates/ is empty"
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(files.items())}


def sources() -> dict[str, str]:
    """Every Python file's text by its path under src/agora, such as `rules/markup.py`."""
    files = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    assert len(files) > 1, "src/agora is empty"
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(files.items())}
