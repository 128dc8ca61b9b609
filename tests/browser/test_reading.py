"""Reading is quiet: nothing jumps or comes from elsewhere; paper, night and no script all get the text."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser.screens import POST, SCREENS, Screen, Tour
from browser.town import FILLED, Town
from browser.visits import PHONE, visit

pytestmark = pytest.mark.browser

# Chromium counts how far things move that were already seen, as a share of the window.
COUNT_SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver((list) => { for (const {value} of list.getEntries()) window.shifted += value; })
        .observe({type: "layout-shift", buffered: true});
"""
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
SOME_SHIFT = "() => new Promise(done => new PerformanceObserver(done).observe({type: 'layout-shift', buffered: true}))"
OUR_FONT = "1em 'Source Serif 4 Variable'"

SHOWN = """() => ({
    words: document.body.innerText.split(/\\s+/),
    links: [...document.links].map(link => link.href),
    forms: [...document.forms].map(form => [form.action, [...form.elements].map(element => element.name)]),
})"""

SAME = ("home", "post with discussion", "own page, waiting", "post in the editor", "people", "settings")


@pytest.fixture
def reader(chromium: Browser, town: Town) -> Iterator[Page]:
    with visit(chromium, town.sites[FILLED]) as page:
        yield page


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["/", POST])
def test_late_font_shifts_nothing(chromium: Browser, town: Town, path: str, device: dict[str, Any]) -> None:
    """The worst case: the page was seen in the reader's own font before ours arrived."""
    with visit(chromium, town.sites[FILLED], **device) as page:
        page.add_init_script(COUNT_SHIFTS)
        page.route("**/*.woff2", lambda route: None)  # neither answered nor refused
        page.goto(path, wait_until="commit")
        page.locator("footer").wait_for()
        page.evaluate(PAINTED)
        assert not page.evaluate("font => document.fonts.check(font)", OUR_FONT)

        page.unroute("**/*.woff2")  # those that waited go on
        page.evaluate("font => document.fonts.load(font).then(() => document.fonts.ready).then(() => true)", OUR_FONT)
        page.evaluate(PAINTED)
        assert page.evaluate("window.shifted") < 0.005


def test_shifts_would_be_seen(reader: Page) -> None:
    reader.add_init_script(COUNT_SHIFTS)
    reader.goto(POST)
    reader.evaluate(PAINTED)
    reader.evaluate("document.querySelector('main').style.paddingTop = '300px'")
    reader.evaluate(SOME_SHIFT)
    assert reader.evaluate("window.shifted") > 0.02


def test_fonts_come_from_our_house(reader: Page, town: Town) -> None:
    fonts: list[str] = []
    reader.on("requestfinished", lambda r: fonts.append(r.url) if r.resource_type == "font" else None)
    reader.goto(POST)
    reader.evaluate("document.fonts.ready.then(() => true)")
    assert reader.evaluate("font => document.fonts.check(font)", OUR_FONT)
    assert fonts
    assert [url for url in fonts if not url.startswith(f"{town.sites[FILLED].base_url}/static/")] == []


def test_reading_sets_no_cookie(reader: Page) -> None:
    for path in ("/", POST, "/authors", "/charter", "/sign-in", "/nowhere"):
        reader.goto(path)
    assert reader.context.cookies() == []
    assert reader.evaluate("localStorage.length + sessionStorage.length") == 0


def test_night_turns_the_page_dark(reader: Page) -> None:
    reader.goto(POST)
    day = _brightness(reader)
    reader.emulate_media(color_scheme="dark")
    night = _brightness(reader)
    assert day["paper"] > 0.9 > 0.2 > day["ink"]
    assert night["ink"] > 0.8 > 0.2 > night["paper"]


def _brightness(page: Page) -> dict[str, float]:
    """How bright the ground and the letters are, from 0 to 1."""
    style = page.evaluate("(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))")
    ink, paper = (sum(map(int, re.findall(r"\d+", colour)[:3])) / 765 for colour in style)
    return {"ink": ink, "paper": paper}


def test_line_length_suits_reading(reader: Page) -> None:
    reader.goto(POST)
    letters, lines = reader.evaluate(
        """() => {
            const paragraph = document.querySelector(".prose p");
            const range = document.createRange();
            range.selectNodeContents(paragraph);
            const lines = new Set([...range.getClientRects()].map(box => box.top));
            return [paragraph.textContent.length, lines.size];
        }"""
    )
    assert 45 <= letters / lines <= 80


def test_paper_gets_the_text_alone(reader: Page) -> None:
    reader.goto(POST)
    reader.emulate_media(media="print")
    assert [form for form in reader.locator("form").all() if form.is_visible()] == []
    assert [nav for nav in reader.locator("nav, footer.site, .skip-link").all() if nav.is_visible()] == []
    assert reader.locator("h1").is_visible()
    assert reader.locator("article.comment").first.is_visible()


@pytest.mark.parametrize(("wish", "moving"), [("no-preference", True), ("reduce", False)])
def test_motion_stops_where_asked(reader: Page, wish: str, moving: bool) -> None:
    reader.emulate_media(reduced_motion=wish)
    reader.goto(POST)
    styles = reader.evaluate(
        """() => [...document.querySelectorAll("*")].map(element => getComputedStyle(element))
            .map(style => [style.transitionProperty, style.transitionDuration, style.animationName])"""
    )
    moves = [style for style in styles if style[2] != "none" or (style[0] != "none" and style[1] != "0s")]
    assert bool(moves) is moving


@pytest.fixture(scope="module")
def tours(chromium: Browser, town: Town) -> Iterator[tuple[Tour, Tour]]:
    with Tour(chromium, town) as scripted, Tour(chromium, town, java_script_enabled=False) as still:
        yield scripted, still


@pytest.mark.parametrize("screen", [s for s in SCREENS if s.name in SAME], ids=lambda screen: screen.name)
def test_scripts_add_and_take_nothing(tours: tuple[Tour, Tour], screen: Screen) -> None:
    with_scripts, without = (tour.open(screen)[0].evaluate(SHOWN) for tour in tours)
    assert with_scripts == without
