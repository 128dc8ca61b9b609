"""What the tests in Chromium share: a town of sites to look at, and a French site to live on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.town import Town, open_town, prepare
from friends import Site


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Sites to look at and to leave as they are."""
    with open_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="session")
def prepared_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(Site(f"sqlite:///{folder / 'agora.db'}", folder, language="fr"))
    return folder / "agora.db"


@pytest.fixture
def french_site(prepared_database: Path, tmp_path: Path) -> Iterator[Site]:
    """A French site with nobody and nothing on it, where much may happen; on SQLite alone."""
    shutil.copy(prepared_database, tmp_path / "agora.db")
    with Site(f"sqlite:///{tmp_path / 'agora.db'}", tmp_path / "data", language="fr") as site:
        yield site
