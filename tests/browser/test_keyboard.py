"""Reading, commenting, moderating and writing with the keyboard alone, and always seeing where one is."""

from collections.abc import Iterator

import pytest
from friends import Site, comment_id_of, comment_on
from playwright.sync_api import Browser, Page, expect

from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.store.posts import Post
from browser.screens import POST, SCREENS, Screen, Tour
from browser.town import FILLED, Town
from browser.visits import comment_id_of_page, visit

pytestmark = pytest.mark.browser

MANY = 150

# Whatever can be reached with the Tab key, in the order of the page.
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter(element => element.tabIndex >= 0 && element.type !== "hidden" && element.checkVisibility())"""

# Notes every element that gets the focus, and whether one sees it.
WATCH_FOCUS = f"""() => {{
    const stops = ({STOPS})();
    window.visited = [];
    document.addEventListener("focusin", ({{target}}) => {{
        const {{outlineStyle, outlineWidth}} = getComputedStyle(target);
        const box = target.getBoundingClientRect();
        window.visited.push({{
            place: stops.indexOf(target),
            name: target.outerHTML.slice(0, 120),
            outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
            inSight: box.bottom > 0 && box.top < innerHeight && box.width > 1 && box.height > 1,
        }});
    }});
    return stops.length;
}}"""

TABBED = ("home", "post with table and code", "byline with errors", "own page, waiting", "sign in", "new post", "queue")


@pytest.fixture(scope="module")
def tour(chromium: Browser, town: Town) -> Iterator[Tour]:
    with Tour(chromium, town) as tour:
        yield tour


@pytest.mark.parametrize("screen", [s for s in SCREENS if s.name in TABBED], ids=lambda screen: screen.name)
def test_tab_visits_everything_in_order(tour: Tour, screen: Screen) -> None:
    page, _ = tour.open(screen)
    count = page.evaluate(WATCH_FOCUS)
    for _ in range(count):
        page.keyboard.press("Tab")
    visited = page.evaluate("window.visited")
    assert [stop["place"] for stop in visited] == list(range(count))
    assert [stop["name"] for stop in visited if not stop["outlined"]] == []
    assert [stop["name"] for stop in visited if not stop["inSight"]] == []


def test_skip_link_leads_to_the_text(chromium: Browser, town: Town) -> None:
    with visit(chromium, town.sites[FILLED]) as page:
        page.goto(POST)
        page.keyboard.press("Tab")
        expect(page.locator(".skip-link")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


# Journeys


@pytest.fixture
def discussed(french_site: Site) -> Post:
    """A post whose comments appear at once, with two of them."""
    post = french_site.post("Le jardin", moderation=Mode.POST)
    for words in ("Un premier mot.", "Un deuxième."):
        comment_on(french_site.client(), post, words)
    return post


@pytest.fixture
def page(french_site: Site, chromium: Browser) -> Iterator[Page]:
    with visit(chromium, french_site) as page:
        yield page


@pytest.fixture
def desk(french_site: Site, chromium: Browser) -> Iterator[Page]:
    """A window in which Maud, a moderator, is signed in."""
    with visit(chromium, french_site, french_site.person("Maud", Role.MODERATOR, language="fr")) as page:
        yield page


def tab_to(page: Page, wanted: str, *, key: str = "Tab") -> None:
    """Press Tab until an element that this selector describes has the focus."""
    for _ in range(MANY):
        page.keyboard.press(key)
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{key} does not lead to {wanted}")


def enter(page: Page) -> None:
    """Press Enter on what leads to another page."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def decide(page: Page) -> None:
    """Press Enter on what decides the last case that waits."""
    page.keyboard.press("Enter")
    expect(page.locator("#numbers")).to_have_attribute("data-waiting", "0")


def test_comment_is_written_with_keys(french_site: Site, discussed: Post, page: Page) -> None:
    page.goto("/")
    tab_to(page, "h2 a")
    enter(page)
    tab_to(page, "#name")
    page.keyboard.type("Bob")
    page.keyboard.press("Tab")
    page.keyboard.type("bob@example.org")
    tab_to(page, "#body")
    page.keyboard.type("Avec les touches.")
    tab_to(page, "#letters")
    page.keyboard.press("Space")
    tab_to(page, "#comment-form .row button")
    enter(page)
    expect(page.locator("section.state.published")).to_be_visible()
    assert french_site.comment(comment_id_of_page(french_site, page)).letters


def test_reply_brings_the_form_and_focus(discussed: Post, page: Page) -> None:
    page.goto("/posts/le-jardin")
    tab_to(page, "#comment-1 [data-reply]")
    page.keyboard.press("Enter")
    expect(page.locator("#body")).to_be_focused()
    expect(page.locator("li:has(> #comment-1) > #respond")).to_be_in_viewport()
    page.keyboard.type("Une réponse.")

    tab_to(page, "#name", key="Shift+Tab")
    page.keyboard.type("Carol")
    page.keyboard.press("Tab")
    page.keyboard.type("carol@example.org")
    tab_to(page, "#comment-form .row button")
    enter(page)

    page.goto("/posts/le-jardin")
    assert page.inner_text("li:has(> #comment-1) > ol .body") == "Une réponse."


def test_cancelled_reply_gives_focus_back(discussed: Post, page: Page) -> None:
    page.goto("/posts/le-jardin")
    tab_to(page, "#comment-2 [data-reply]")
    page.keyboard.press("Enter")
    expect(page.locator("#respond")).to_contain_text("Bob")

    tab_to(page, "[data-cancel-reply]", key="Shift+Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#comment-2 [data-reply]")).to_be_focused()
    expect(page.locator("#discussion > #respond [data-replying]")).to_be_hidden()
    expect(page.locator("[name=parent]")).to_have_value("")


def test_comment_is_withdrawn_with_keys(french_site: Site, discussed: Post, page: Page) -> None:
    page.goto(comment_on(french_site.client(), discussed, "Un mot de trop.").headers["location"])
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "button.bad")
    enter(page)
    expect(page.locator("section.state.withdrawn")).to_be_visible()


def test_moderator_approves_with_keys(french_site: Site, desk: Page) -> None:
    comment_id = comment_id_of(french_site, comment_on(french_site.client(), french_site.post("Le jardin")))
    desk.goto("/admin/moderation")
    tab_to(desk, ".decide button[value=approve]")
    decide(desk)
    assert french_site.comment(comment_id).state is State.PUBLISHED


def test_moderator_gives_reason_with_keys(french_site: Site, desk: Page) -> None:
    comment_id = comment_id_of(french_site, comment_on(french_site.client(), french_site.post("Le jardin")))
    desk.goto("/admin/moderation")
    tab_to(desk, ".decide summary")
    desk.keyboard.press("Enter")
    tab_to(desk, ".decide select")
    desk.keyboard.type("2")
    desk.keyboard.press("Tab")
    desk.keyboard.type("Parlez du jardin.")
    tab_to(desk, ".decide button[value=reject]", key="Shift+Tab")
    decide(desk)
    assert french_site.comment(comment_id).state is State.REJECTED


def test_many_are_approved_with_keys(french_site: Site, desk: Page) -> None:
    post = french_site.post("Le jardin")
    for name in ("Bob", "Carol"):
        comment_on(french_site.client(), post, f"Moi, {name}.", name=name)
    desk.goto("/admin/moderation")
    for _ in ("Bob", "Carol"):
        tab_to(desk, "[name=selected]")
        desk.keyboard.press("Space")
    tab_to(desk, "#bulk button[value=approve]")
    decide(desk)
    expect(desk.locator("article.case")).to_have_count(0)


def test_author_publishes_with_keys(french_site: Site, chromium: Browser) -> None:
    with visit(chromium, french_site, french_site.person("Alice", Role.AUTHOR, language="fr")) as page:
        page.goto("/admin")
        tab_to(page, "a[href='/admin/posts/new']")
        enter(page)
        tab_to(page, "#title")
        page.keyboard.type("Le potager")
        tab_to(page, "#body")
        page.keyboard.type("Il *pousse*.")
        tab_to(page, "button[value=publish]")
        enter(page)
    assert "<em>pousse</em>" in french_site.client().get("/posts/le-potager").text
