"""What the tests over HTTP share: templates that are compiled once, and a site to read without changing it."""

from collections.abc import Iterator
from functools import lru_cache

import pytest

from agora import app
from web.library import Library, open_library


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """One renderer for all sites of a process: most of a short test's time would go into compiling templates."""
    first, kept = app.new_renderer, lru_cache(maxsize=4)(lambda zone, make: make())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "new_renderer", lambda settings: kept(settings.time_zone, lambda: first(settings)))
        yield


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A site with something on every page, for tests that look and leave it as it is; on SQLite alone."""
    with open_library(tmp_path_factory.mktemp("library")) as library:
        yield library
