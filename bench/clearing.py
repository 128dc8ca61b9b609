"""200 held comments cleared in Chromium: by keyboard, in seconds and key presses; without JavaScript, in page loads.

Of ten comments seven are approved, two are spam, and one is rejected with a clause of the charter. Keys are pressed as
soon as the page is ready for the next one: what a moderator's reading takes comes on top.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from browser.town import french_site
from browser.visits import visit
from friends import Site
from playwright.sync_api import Browser, Page, expect
from servers.browser import launch

from agora.rules.moderation import State
from agora.rules.permissions import Role
from agora.store import comment_lists

DECISIONS = "aasaaasaar"
CLAUSE = "2"
CURRENT = 'article.case[aria-current="true"]'


@dataclass
class Effort:
    """What it took."""

    seconds: float = 0
    presses: int = 0
    loads: int = 0


def main() -> None:
    options = parser().parse_args()
    print("| way | seconds | key presses or clicks | page loads |")
    print("| --- | ---: | ---: | ---: |")
    with launch() as chromium:
        for name, (script, work) in WAYS.items():
            effort = cleared(chromium, options.cases, work, script=script)
            loads = effort.loads or "1, when it was opened"
            print(f"| {name} | {effort.seconds:.1f} | {effort.presses} | {loads} |", flush=True)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.clearing",
        description=__doc__,
        epilog="Example: python -m bench.clearing --cases 200",
        allow_abbrev=False,
    )
    parser.add_argument("--cases", type=int, default=200, help="how many wait (200)")
    return parser


def cleared(chromium: Browser, count: int, work: Callable[[Page, Effort], None], *, script: bool) -> Effort:
    effort = Effort()
    with tempfile.TemporaryDirectory(prefix="agora-clearing-") as folder, french_site(Path(folder)) as site:
        fill(site, count)
        maud = site.person("Maud", Role.MODERATOR, language="fr")
        with visit(chromium, site, maud, java_script_enabled=script) as page:
            page.goto("/admin/moderation")
            begun = time.perf_counter()
            work(page, effort)
            effort.seconds = time.perf_counter() - begun
        with site.database.read() as session:
            left = comment_lists.counts_by_state(session).get(State.PENDING, 0)
        if left:
            raise RuntimeError(f"{left} comments still wait")
    return effort


def fill(site: Site, count: int) -> None:
    post = site.post("Le jardin", language="fr")
    for n in range(count):
        site.waiting(post, f"Voici la remarque numéro {n} sur le jardin.", name=f"Bob {n}", email=f"b{n}@example.org")


def by_keys(page: Page, effort: Effort) -> None:
    """One key for a comment; three where a reason is owed."""

    def press(key: str) -> None:
        page.keyboard.press(key)
        effort.presses += 1

    press("j")
    n = 0
    while page.locator(CURRENT).count():
        name = page.locator(f"{CURRENT} h2").inner_text()
        key = DECISIONS[n % len(DECISIONS)]
        press(key)
        if key == "r":
            press(CLAUSE)
            press("Enter")
        # Until another one has its place, or none is left.
        page.wait_for_function(NEXT, arg=name)
        n += 1
    expect(page.locator("#numbers")).to_have_attribute("data-waiting", "0")


NEXT = """name => {
    const current = document.querySelector('article.case[aria-current="true"] h2');
    return current ? current.innerText !== name : !document.querySelector("[data-all-done]").hidden;
}"""


def one_by_one(page: Page, effort: Effort) -> None:
    """Without a script, a form for each."""
    n = 0
    while page.locator("form.decide").count():
        form, key = page.locator("form.decide").first, DECISIONS[n % len(DECISIONS)]
        if key == "r":
            form.locator("summary").click()
            form.locator("[name=reason]").select_option(CLAUSE)
            effort.presses += 2
        with loading(page, effort):
            form.locator(f"button[data-key={key}]").click()
        n += 1


def in_bulk(page: Page, effort: Effort) -> None:
    """Without a script, page by page: the few that are not approved first, then all that is left on the page."""
    while page.locator("form.decide").count():
        boxes = page.locator("#cases [name=selected]")
        keys = [DECISIONS[n % len(DECISIONS)] for n in range(boxes.count())]
        names = [page.locator("article.case h2").nth(n).inner_text() for n in range(boxes.count())]
        for key in "sr":
            chosen = [name for name, own in zip(names, keys, strict=True) if own == key]
            if chosen:
                decide_bulk(page, effort, chosen, key)
        chosen = [name for name, own in zip(names, keys, strict=True) if own == "a"]
        decide_bulk(page, effort, chosen, "a")


def decide_bulk(page: Page, effort: Effort, names: list[str], key: str) -> None:
    for name in names:
        page.locator("article.case", has=page.get_by_role("heading", name=name, exact=True)).locator(
            "[name=selected]"
        ).check()
    effort.presses += len(names)
    if key == "r":
        page.locator("#bulk summary").click()
        page.locator("#bulk [name=reason]").select_option(CLAUSE)
        effort.presses += 2
    with loading(page, effort):
        page.locator(f"#bulk button[data-key={key}]").click()


@contextmanager
def loading(page: Page, effort: Effort) -> Iterator[None]:
    with page.expect_navigation():
        yield
    effort.presses += 1
    effort.loads += 1


WAYS: dict[str, tuple[bool, Callable[[Page, Effort], None]]] = {
    "with keys": (True, by_keys),
    "without JavaScript, in bulk": (False, in_bulk),
    "without JavaScript, one by one": (False, one_by_one),
}

if __name__ == "__main__":
    main()
