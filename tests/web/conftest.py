"""What the tests over HTTP share: a site to read without changing it."""

from collections.abc import Iterator

import pytest

from web.library import Library, open_library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A site with something on every page, for tests that look and leave it as it is; on SQLite alone."""
    with open_library(tmp_path_factory.mktemp("library")) as library:
        yield library
