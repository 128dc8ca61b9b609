"""The built package holds all that it needs: it runs from an empty folder, with no checkout beside it."""

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from . import Serving, agora

ROOT = Path(__file__).resolve().parents[2]
MISSING = "NO HATCHLING, SO NO PACKAGE WAS BUILT: `make test` installs it, from requirements-build.lock."

# One file of each kind that lies outside of Python's own, and how many there are in the checkout.
FOLDERS = {
    # in the checkout           in the package
    "templates": "agora/bundled/templates",
    "static": "agora/bundled/static",
    "migrations": "agora/bundled/migrations",
    "config": "agora/bundled/config",
    "src/agora/translations": "agora/translations",
    "src/agora/charters": "agora/charters",
    "src/agora/demo_content": "agora/demo_content",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("hatchling") is None and os.environ.get("CI") == "true":
        pytest.fail(MISSING, pytrace=False)
    if find_spec("hatchling") is None:
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it lies in somebody's site-packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("folder", FOLDERS)
def test_wheel_holds_every_file(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]

    assert files
    missing = {f"{FOLDERS[folder]}/{path.relative_to(ROOT / folder).as_posix()}" for path in files} - packed
    assert not missing


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.namelist()
    tops = {name.split("/")[0] for name in packed}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"agora"}
    assert not [name for name in packed if name.endswith((".pyc", ".db")) or "secret-key" in name]


def test_wheel_declares_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entry_points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "agora = agora.cli:main" in archive.read(entry_points).decode()


def test_installed_package_runs_alone(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(installed))
    where = subprocess.run(
        [sys.executable, "-c", "import agora; print(agora.__file__)"], cwd=tmp_path, capture_output=True, text=True
    )
    assert where.stdout.startswith(str(installed))

    for command in ("init", "demo"):
        ended = agora(tmp_path, command)
        assert ended.returncode == 0, ended.stderr
    with Serving(tmp_path) as served, served.client() as client:
        home = client.get("/")
        assert home.status_code == 200
        assert "/static/" in home.text
        for path in ("/charter", "/archive", "/feed.atom", home.text.split('href="/static')[1].split('"')[0]):
            address = path if path.startswith(("/charter", "/archive", "/feed")) else f"/static{path}"
            assert client.get(address).status_code == 200, address
