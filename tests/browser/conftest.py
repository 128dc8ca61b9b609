"""What the tests in Chromium share: a town of sites to look at, and a French site to live on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from friends import Site

from browser import town as towns
from browser.album import Album
from browser.town import Town


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--album", type=Path, help="a folder for the pictures of a journey")


@pytest.fixture
def album(request: pytest.FixtureRequest) -> Album:
    return Album(request.config.getoption("--album", default=None))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Sites to look at and to leave as they are."""
    with towns.open_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def french_site(tmp_path: Path) -> Iterator[Site]:
    """A French site with nobody and nothing on it; SQLite alone, for the browser sees no difference."""
    with towns.french_site(tmp_path) as site:
        yield site
