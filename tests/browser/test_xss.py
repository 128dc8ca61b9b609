"""Every known attack, after our renderers, in a real Chromium without any Content-Security-Policy: none runs."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page, Route
from rules.payloads import WAYS, results

pytestmark = pytest.mark.browser

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


def test_escape_from_place_is_seen(visit: Visit) -> None:
    assert visit.show(["<p>1</p>", "</div><textarea>", "<p>3</p>"]) == 2


@pytest.mark.parametrize("way", WAYS)
def test_no_known_attack_runs(visit: Visit, way: str) -> None:
    pieces, ran = list(results(way).values()), []

    for start in range(0, len(pieces), BATCH):
        batch = pieces[start : start + BATCH]
        assert visit.show(batch) == len(batch)
        ran += visit.ran()

    print(f"XSS, {way}: {len(pieces)} attacks, {len(set(pieces))} different results, {len(ran)} executions")
    assert ran == []
    assert visit.requests == []
