"""Where templates, static files, migrations and example settings lie: in the wheel, or at the root of a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `templates`, `static`, `migrations` or `config` that belongs to this code."""
    bundled = _PACKAGE / "bundled" / name
    return bundled if bundled.is_dir() else _PACKAGE.parents[1] / name


def packaged(*parts: str) -> Path:
    """A file or folder that always lies inside the package."""
    return _PACKAGE.joinpath(*parts)
