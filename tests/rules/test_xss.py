"""What becomes of every known attack in our renderers: a judge of HTML finds nothing left of it, and nothing of it runs
in a real Chromium without any Content-Security-Policy.

Both are asked in one file, so that one process works out the results for both.
"""

import itertools
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page, Route

from .judge import faults
from .payloads import WAYS, payloads, results

ADDRESS = "http://attacked.test/"
BATCH = 1_000

# Runs before anything on the page: what an attack would call is told to the outermost page.
HOOKS = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = (...said) => { try { top.ran.push(`${name}(${said})`); } catch { ran.push(name); } return true; };
}
"""

# Touches every element as a visitor could. Links to elsewhere are not followed; a javascript: link would be.
TOUCH = """
async () => {
  const events = ["pointerover", "mouseover", "mouseenter", "mousemove", "mousedown", "mouseup", "dblclick", "wheel",
    "contextmenu", "keydown", "beforeinput", "input", "change", "toggle", "copy", "paste"];
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && ["http:", "https:", "mailto:"].includes(link.protocol)) event.preventDefault();
  }, true);
  const touch = () => {
    for (const element of document.body.querySelectorAll("*")) {
      element.focus?.();
      for (const name of events) element.dispatchEvent(new Event(name, { bubbles: true }));
      element.click?.();
      element.blur?.();
    }
  };
  touch();
  const cases = document.querySelectorAll("body > [data-case]").length;
  document.body.innerHTML = document.body.innerHTML;  // what is written out and read again may turn into something else
  touch();
  // A script that a click has queued has run when our own, queued behind it, has.
  await new Promise((done) => {
    window.settled = done;
    const link = document.createElement("a");
    link.href = "javascript:settled()";
    document.body.append(link);
    link.click();
  });
  return cases;
}
"""


def test_lists_of_attacks_are_whole() -> None:
    assert len(payloads()) > 6_000
    assert sum("<script" in payload.lower() for payload in payloads()) > 100


@pytest.mark.parametrize("way", WAYS)
def test_no_attack_leaves_markup(way: str) -> None:
    # The gates take a bad address from a link and leave the rest of it, which is harmless.
    forgiven = {"a link to nowhere"} if way == "gates alone" else set()

    found = {
        payload: wrong
        for payload, html in results(way).items()
        if (wrong := set(faults(html, post=way in {"post", "gates alone"})) - forgiven)
    }

    assert found == {}


# In the browser


class Visit:
    """A page without protection, on which pieces of HTML are shown and touched; it notes what runs or is asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        self._html = ""
        page.add_init_script(HOOKS)
        page.route("**/*", self._answer)
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def show(self, pieces: Sequence[str]) -> int:
        """Show the pieces and touch everything; the number of pieces that kept to their place."""
        cases = "".join(f"<div data-case>{piece}</div>" for piece in pieces)
        self._html = f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>x</title><body>{cases}</body></html>"
        self.page.goto(ADDRESS)
        return int(self.page.evaluate(TOUCH))

    def ran(self) -> list[str]:
        return [*self.page.evaluate("ran"), *self.dialogs]

    def _answer(self, route: Route) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        else:
            self.requests.append(route.request.url)
            route.abort()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    context = chromium.new_context()
    yield Visit(context.new_page())
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<script>print()</script>",
        "<img src=x onerror=confirm(1)>",
        "<svg onload=prompt(1)>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<b tabindex=0 onfocus=alert(1)>x</b>",
        "<b onmouseover=alert(1)>x</b>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    ],
)
def test_raw_attack_does_run(visit: Visit, attack: str) -> None:
    """Without our renderers the visit sees each kind of attack: it would see one that got through them."""
    visit.show([attack])

    visit.page.wait_for_function("ran.length > 0")
    assert visit.ran()


@pytest.mark.browser
def test_escape_from_place_is_seen(visit: Visit) -> None:
    assert visit.show(["<p>1</p>", "</div><textarea>", "<p>3</p>"]) == 2


@pytest.mark.browser
@pytest.mark.parametrize("way", WAYS)
def test_no_known_attack_runs(visit: Visit, way: str) -> None:
    found = set(results(way).values())
    pieces, ran = sorted(found - shown_before(way)), []

    for start in range(0, len(pieces), BATCH):
        batch = pieces[start : start + BATCH]
        assert visit.show(batch) == len(batch)
        ran += visit.ran()

    print(f"XSS, {way}: {len(found)} different results, {len(pieces)} not shown before, {len(ran)} executions")
    assert ran == []
    assert visit.requests == []


def shown_before(way: str) -> set[str]:
    """The results that the ways before this one had already: most attacks read the same in a comment and in a post."""
    before = itertools.takewhile(lambda other: other != way, WAYS)
    return set().union(*(results(other).values() for other in before))
