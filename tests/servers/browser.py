"""A real Chromium for the tests, taken from the system."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

# Chromium keeps the last list that it is given, so Playwright's own is said again where a page could tell.
WITHOUT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    # Pages of the browser's own, and a process in reserve: half of what a fresh window costs, and nobody sees them.
    "SpareRendererForSitePerProcess",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
)
ARGUMENTS = (
    f"--disable-features={','.join(WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
)
MISSING = "NO CHROMIUM, SO NOTHING WAS TRIED IN A BROWSER: install the package chromium, or name one in CHROMIUM."


def chromium_path() -> str | None:
    """The browser that CHROMIUM names, or else the first that stands on the PATH."""
    candidates = (os.environ.get("CHROMIUM", ""), *NAMES)
    return next((path for name in candidates if name and (path := shutil.which(name))), None)


def require_chromium() -> str:
    """The path of Chromium; without one the test is skipped, loudly, or fails where CI=true."""
    path = chromium_path()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(MISSING, pytrace=False)
    if path is None:
        pytest.skip(MISSING)
    return path


@contextmanager
def launch() -> Iterator[Browser]:
    """A running browser, closed at the end; one at a time, so tests share it and open contexts of their own."""
    path = require_chromium()
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))) as browser,
    ):
        yield browser
