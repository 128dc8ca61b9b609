"""Every page and state keeps the rules of WCAG 2.2 A and AA, in bright light on a desk and in the dark on a phone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browser.screens import Screen, Tour, every_screen
from browser.town import Town
from browser.visits import DESKTOP, PHONE

pytestmark = pytest.mark.browser

AXE = Axe().axe_script
ASK = """async (rules) => (await axe.run(rules)).violations
    .map(({id, nodes}) => [id, nodes.map(({target}) => target)])"""

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}

# The same page in other colours and another width: what is said of its elements stays.
RULES_OF_APPEARANCE = {
    "runOnly": {
        "type": "rule",
        "values": [
            "aria-hidden-focus",
            "color-contrast",
            "link-in-text-block",
            "list",
            "listitem",
            "scrollable-region-focusable",
            "target-size",
            "td-headers-attr",
            "th-has-data-cells",
        ],
    },
    "resultTypes": ["violations"],
}


@pytest.fixture(scope="module")
def tour(chromium: Browser, town: Town) -> Iterator[Tour]:
    with Tour(chromium, town, reduced_motion="reduce") as tour:
        yield tour


@every_screen
def test_every_screen_is_accessible(tour: Tour, screen: Screen) -> None:
    page, _ = tour.open(screen)
    on_a_desk, on_a_phone = (DESKTOP, RULES), (PHONE, RULES_OF_APPEARANCE)
    # The window stays as the last screen left it: a turn is a third of the work.
    looks = [on_a_desk, on_a_phone] if page.viewport_size == DESKTOP["viewport"] else [on_a_phone, on_a_desk]
    for device, rules in looks:
        turn_into(page, device)
        assert violations(page, rules) == []
        if device is PHONE:
            assert overflow(page) == 0
    assert tour.complaints(screen) == []


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe-core finds, each with the elements it is about."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[tuple[str, list[object]]] = page.evaluate(ASK, rules)
    return [f"{rule}: {json.dumps(targets)}" for rule, targets in found]


def turn_into(page: Page, device: dict[str, Any]) -> None:
    page.emulate_media(color_scheme=device["color_scheme"])
    page.set_viewport_size(device["viewport"])


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    root = "document.documentElement"
    return int(page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def test_axe_sees_what_is_wrong(chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.set_content("<main><img src=''><input></main>")
    found = violations(page, RULES)
    context.close()
    assert [line.split(":")[0] for line in found] == ["document-title", "html-has-lang", "image-alt", "label"]
