"""The moderators' list in Chromium: keys, decisions without leaving the page, and what they bring and take."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from friends import Site, decide
from playwright.sync_api import Browser, Page, expect

from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.store.people import Person
from agora.web.pages.desk_queue import PAGE
from browser.visits import visit

pytestmark = pytest.mark.browser

QUEUE = "/admin/moderation"
CURRENT = 'article.case[aria-current="true"]'


@pytest.fixture
def maud(french_site: Site) -> Person:
    return french_site.person("Maud", Role.MODERATOR, language="fr")


@contextmanager
def desk_of(chromium: Browser, site: Site, person: Person) -> Iterator[Page]:
    with visit(chromium, site, person) as page:
        page.goto(QUEUE)
        yield page


def waiting(site: Site, count: int) -> list[int]:
    post = site.post("Le jardin", language="fr")
    return [site.waiting(post, f"Commentaire {n}.", name=f"Bob {n}") for n in range(count)]


def expect_current(page: Page, name: str) -> None:
    expect(page.locator(f"{CURRENT} h2")).to_have_text(name)
    expect(page.locator(CURRENT)).to_be_focused()


def expect_states(page: Page, site: Site, states: dict[int, State]) -> None:
    """Once all that was sent has been answered."""
    expect(page.locator("#numbers")).to_have_attribute(
        "data-waiting", str(sum(state is State.PENDING for state in states.values()))
    )
    assert {id_: site.comment(id_).state for id_ in states} == states


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_queue_is_cleared_with_keys(french_site: Site, maud: Person, chromium: Browser) -> None:
    first, second, third, fourth = waiting(french_site, 4)
    with desk_of(chromium, french_site, maud) as page:
        press(page, "j", "a")
        expect_current(page, "Bob 1")
        press(page, "s")
        expect_current(page, "Bob 2")
        press(page, "r")
        expect(page.locator(f"#reason-{third}")).to_be_focused()
        press(page, "2", "Enter")
        expect_current(page, "Bob 3")
        states = {first: State.PUBLISHED, second: State.REJECTED, third: State.REJECTED, fourth: State.PENDING}
        expect_states(page, french_site, states)
        expect(page).to_have_title("Modération (1) — Bureau")
        assert french_site.history(third)[-1].clause == 2


def test_key_takes_decisions_back(french_site: Site, maud: Person, chromium: Browser) -> None:
    first, second, third = waiting(french_site, 3)
    with desk_of(chromium, french_site, maud) as page:
        press(page, "j", "a", "x", "j", "x", "s")
        expect(page.locator("article.case")).to_have_count(0)
        expect(page.locator("[data-all-done]")).to_be_visible()
        expect_states(page, french_site, {first: State.PUBLISHED, second: State.REJECTED, third: State.REJECTED})

        press(page, "u")
        expect(page.locator("article.case")).to_have_count(2)
        press(page, "u")
        expect(page.locator("article.case")).to_have_count(3)
        expect_current(page, "Bob 0")
        expect_states(page, french_site, dict.fromkeys((first, second, third), State.PENDING))


def test_more_cases_come_by_themselves(french_site: Site, maud: Person, chromium: Browser) -> None:
    ids = waiting(french_site, PAGE + 3)
    with desk_of(chromium, french_site, maud) as page:
        press(page, "j", *"a" * (PAGE - 5))
        expect(page.locator("article.case")).to_have_count(8)
        press(page, *"a" * 8)
        expect(page.locator("article.case")).to_have_count(0)
        expect_states(page, french_site, dict.fromkeys(ids, State.PUBLISHED))


def test_missing_reason_is_asked_in_place(french_site: Site, maud: Person, chromium: Browser) -> None:
    first, second = waiting(french_site, 2)
    with desk_of(chromium, french_site, maud) as page:
        page.locator(f"#case-{first} button[value=reject]").click()
        expect(page.locator(f"#reason-{first}")).to_be_focused()
        press(page, "Escape")
        expect_current(page, "Bob 0")
        press(page, "r", "Tab")
        page.keyboard.type("jarhs?")
        expect(page.locator(f"#explanation-{first}")).to_have_value("jarhs?")
        expect_states(page, french_site, dict.fromkeys((first, second), State.PENDING))


def test_slower_moderator_is_told_in_place(french_site: Site, maud: Person, chromium: Browser) -> None:
    eve = french_site.client_of(french_site.person("Eve", Role.MODERATOR, language="fr"))
    first, second = waiting(french_site, 2)
    with desk_of(chromium, french_site, maud) as page:
        decide(eve, first, "spam")
        press(page, "j", "a")
        expect(page.get_by_role("alert")).to_contain_text("Eve")
        expect_current(page, "Bob 1")
        expect_states(page, french_site, {first: State.REJECTED, second: State.PENDING})


def test_pointer_finds_nothing_moved(french_site: Site, maud: Person, chromium: Browser) -> None:
    first, second = waiting(french_site, 2)
    with desk_of(chromium, french_site, maud) as page:
        before = page.locator(f"#case-{second}-title").bounding_box()
        page.locator(f"#case-{first} button[value=approve]").click()
        expect(page.locator("article.case")).to_have_count(1)
        expect(page.locator("#told button")).to_be_visible()
        assert page.locator(f"#case-{second}-title").bounding_box() == before
        page.locator("#told button").click()
        expect(page.locator("article.case")).to_have_count(2)


def test_looking_takes_in_hand(french_site: Site, maud: Person, chromium: Browser) -> None:
    first, _ = waiting(french_site, 2)
    with desk_of(chromium, french_site, maud) as page:
        press(page, "j")
        expect(page.locator(f"#hand-{first} .badge")).to_have_text("Vous vous en occupez")
        press(page, "j")
        expect(page.locator(f"#hand-{first} button")).to_have_text("Je m’en occupe")


def test_keys_are_explained_and_switched_off(french_site: Site, maud: Person, chromium: Browser) -> None:
    (only,) = waiting(french_site, 1)
    with desk_of(chromium, french_site, maud) as page:
        press(page, "?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.locator("#keys-on").uncheck()
        press(page, "Escape", "j", "a")
        expect(page.locator(CURRENT)).to_have_count(0)
        page.reload()
        press(page, "j", "a")
        expect(page.locator("#case-1 kbd").first).to_be_hidden()
        assert french_site.comment(only).state is State.PENDING


def test_filter_says_why(french_site: Site, maud: Person, chromium: Browser) -> None:
    waiting(french_site, 1)
    with desk_of(chromium, french_site, maud) as page:
        page.locator("a[data-why]").click()
        expect(page.locator("article.case .why-spam h2")).to_be_visible()
