"""Visits with Chromium: who comes, with which device, and what the browser complains of meanwhile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from friends import Site
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from agora.actions import people as people_actions
from agora.store.people import Person

DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}

# In milliseconds, on a machine that is busy with other things; nothing here waits that long when all is well.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


class Watch:
    """What a page may not do: complain on the console, break the content policy, or ask another site for anything."""

    def __init__(self, page: Page, site: Site) -> None:
        self.complaints: list[str] = []
        self._ours = f"{site.base_url}/"
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium notes every page of status 400 and above as an error of its own.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self._ours, "data:", "about:")):
            self.complaints.append(f"a request to {request.url}")


@contextmanager
def window(chromium: Browser, site: Site, person: Person | None = None, **device: Any) -> Iterator[tuple[Page, Watch]]:
    """A fresh browser window, signed in if it is somebody's, and what it complains of."""
    context = chromium.new_context(**({"base_url": site.base_url, "locale": "fr-FR"} | DESKTOP | device))
    context.set_default_timeout(PATIENCE)
    try:
        if person:
            enter(context, site, person)
        page = context.new_page()
        yield page, Watch(page, site)
    finally:
        context.close()


@contextmanager
def visit(chromium: Browser, site: Site, person: Person | None = None, **device: Any) -> Iterator[Page]:
    """The same, for a whole journey: at its end there must have been nothing to complain of."""
    with window(chromium, site, person, **device) as (page, watch):
        yield page
        assert watch.complaints == []


def enter(context: BrowserContext, site: Site, person: Person) -> None:
    """Put a session of this person into the browser."""
    with site.writing() as session:
        token = people_actions.open_session(session, person, browser="a test", now=site.clock.now)
    context.add_cookies([{"name": "agora_session", "value": token, "url": site.base_url, "httpOnly": True}])


def press(page: Page, button: str) -> Response:
    """Press a button that sends a form; the page that answers."""
    with page.expect_navigation() as answer:
        page.locator(button).click()
    return answer.value


def send(page: Page, form: str, button: str = "", **fields: str) -> Response:
    """Set fields of a form, hidden ones too, and send it with the button of this value; the page that answers."""
    with page.expect_navigation() as answer:
        page.locator(form).first.evaluate(
            """(form, [fields, button]) => {
                for (const [name, value] of Object.entries(fields)) {
                    form.querySelector(`[name="${name}"]`).value = value;
                }
                form.requestSubmit(button ? form.querySelector(`button[value="${button}"]`) : null);
            }""",
            [fields, button],
        )
    return answer.value


def send_plainly(page: Page, form: str, button: str) -> Response:
    """Send a form as it goes without a script, also where one listens."""
    with page.expect_navigation() as answer:
        page.locator(form).first.evaluate(
            """(form, value) => {
                const button = form.querySelector(`button[value="${value}"]`);
                const pressed = {type: "hidden", name: button.name, value};
                form.append(Object.assign(document.createElement("input"), pressed));
                HTMLFormElement.prototype.submit.call(form);
            }""",
            button,
        )
    return answer.value


def link_in(site: Site, path: str, *, to: str) -> str:
    """The newest address below this path in the letters to somebody."""
    letters = [letter for letter in site.letters() if letter["To"] == to]
    found = [url for letter in letters for url in re.findall(r"https?://\S+", letter.get_content()) if path in url]
    assert found, f"no letter to {to} leads to {path}: {[letter['Subject'] for letter in letters]}"
    return found[-1]


def comment_id_of_page(site: Site, page: Page) -> int:
    """The comment whose own page is shown."""
    token = urlsplit(page.url).path.rpartition("/")[2]
    return int(site.tokens.open("my-comment", token))
