"""Every page and state is valid HTML, and keeps the rules of WCAG 2.2 A and AA, in bright light on a desk and in the
dark on a phone.

One visit of a screen serves all its tests: to open it takes as long as to judge it.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browser.screens import SCREENS, Screen, Tour
from browser.town import Town
from browser.visits import DESKTOP, PHONE

pytestmark = pytest.mark.browser

CHECKER = Path(os.environ.get("VNU_JAR", "~/.cache/agora-verify/node_modules/vnu-jar/build/dist/vnu.jar")).expanduser()
NO_CHECKER = "NO NU HTML CHECKER, SO NO PAGE WAS CHECKED WITH IT: install java and name the vnu.jar in VNU_JAR."

AXE = Axe().axe_script
ASK = """async (rules) => (await axe.run(rules)).violations
    .map(({id, nodes}) => [id, nodes.map(({target}) => target)])"""
# Whether colours contrast is two thirds of axe's work, and much of a page is on others, too. What is marked was judged.
LEAVE_OUT_JUDGED = """axe.configure({rules: [{id: "color-contrast", selector: "*:not([data-judged])"}]})"""

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

# Gives the looks of all texts, and marks texts whose look is known. A look is all that contrast comes from: the text's
# colour, size and weight, and every background from it up to the page. What lies above others has no look of its own.
LOOKS = """(known) => {
    const laid = new Map([[null, ""]]), found = new Set(), judged = new Set(known);
    const under = (element) => {
        if (!laid.has(element)) {
            const style = getComputedStyle(element);
            const {backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position, transform} = style;
            const floats = ["absolute", "fixed", "sticky"].includes(position) || transform !== "none";
            const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode, floats && "floats"].join();
            const plain = own === "rgba(0, 0, 0, 0),none,1,none,normal,false";
            laid.set(element, under(element.parentElement) + (plain ? "" : `/${own}`));
        }
        return laid.get(element);
    };
    for (const element of document.body.querySelectorAll("*")) {
        element.removeAttribute("data-judged");
        const says = [...element.childNodes].some(({nodeType, data}) => nodeType === 3 && data.trim().length > 1);
        if (!says || element.closest("[disabled], [aria-disabled], [inert], fieldset:disabled, label")) continue;
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
        const look = [color, fontSize, fontWeight, textShadow, under(element)].join();
        if (look.includes("floats")) continue;
        if (judged.has(look)) element.setAttribute("data-judged", "");
        else if (element.checkVisibility()) found.add(look);
    }
    return [...found];
}"""


@dataclass
class Round:
    """A way through screens, which remembers what was sent, and which looks axe has found nothing wrong with."""

    tour: Tour
    sources: dict[str, str] = field(default_factory=dict)
    looks: dict[str, set[str]] = field(default_factory=lambda: {"light": set(), "dark": set()})

    def violations(self, page: Page, device: dict[str, Any], rules: dict[str, Any]) -> list[str]:
        """What axe-core finds on this device, each with the elements it is about."""
        turn_into(page, device)
        judged = self.looks[device["color_scheme"]]
        new = page.evaluate(LOOKS, sorted(judged))
        found = violations(page, rules)
        if not found:
            judged.update(new)
        return found


@dataclass
class Sight:
    """One screen as it is shown just now, and the HTML that it is made of."""

    round: Round
    screen: Screen
    page: Page
    source: str

    @cached_property
    def tree(self) -> Element:
        """Its elements; raises html5lib's ParseError at the first mistake."""
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        return parser.parse(self.source)


@pytest.fixture(scope="module")
def around(chromium: Browser, town: Town) -> Iterator[Round]:
    with Tour(chromium, town, reduced_motion="reduce") as tour:
        yield Round(tour)


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: screen.name)
def sight(request: pytest.FixtureRequest, around: Round) -> Sight:
    page, answer = around.tour.open(request.param)
    around.sources[request.param.name] = answer.text()
    return Sight(around, request.param, page, answer.text())


def test_every_screen_parses_strictly(sight: Sight) -> None:
    assert sight.tree.tag == "html"


def test_ids_are_unique(sight: Sight) -> None:
    ids = Counter(element.get("id") for element in sight.tree.iter() if element.get("id"))
    assert [id_ for id_, count in ids.items() if count > 1] == []


def test_every_control_has_a_label(sight: Sight) -> None:
    labelled = {label.get("for") for label in sight.tree.iter("label") if "".join(label.itertext()).strip()}
    assert [control.attrib for control in _visible_controls(sight.tree) if control.get("id") not in labelled] == []


def test_every_screen_has_its_frame(sight: Sight) -> None:
    root = sight.tree
    feeds = [link for link in root.iter("link") if link.get("type") == "application/atom+xml"]
    assert len(list(root.iter("main"))) == 1
    assert len(list(root.iter("h1"))) == 1
    assert root.get("lang") in {"fr", "en"}
    assert "".join(next(root.iter("title")).itertext()).strip()
    assert all(link.get("rel") == "alternate" for link in feeds)
    assert feeds


def test_every_screen_is_accessible(sight: Sight) -> None:
    page = sight.page
    on_a_desk, on_a_phone = (DESKTOP, RULES), (PHONE, RULES_OF_APPEARANCE)
    # The window stays as the last screen left it: a turn is a third of the work.
    looks = [on_a_desk, on_a_phone] if page.viewport_size == DESKTOP["viewport"] else [on_a_phone, on_a_desk]
    for device, rules in looks:
        assert sight.round.violations(page, device, rules) == []
        if device is PHONE:
            assert overflow(page) == 0
    assert sight.round.tour.complaints(sight.screen) == []


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
        page.evaluate(LEAVE_OUT_JUDGED)
    found: list[tuple[str, list[object]]] = page.evaluate(ASK, rules)
    return [f"{rule}: {json.dumps(targets)}" for rule, targets in found]


def turn_into(page: Page, device: dict[str, Any]) -> None:
    page.emulate_media(color_scheme=device["color_scheme"])
    page.set_viewport_size(device["viewport"])


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    root = "document.documentElement"
    return int(page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def _visible_controls(root: Element) -> Iterator[Element]:
    for name in ("input", "select", "textarea"):
        for control in root.iter(name):
            if control.get("type") != "hidden" and control.get("aria-hidden") != "true":
                yield control


def test_the_nu_checker_finds_nothing(around: Round, tmp_path: Path) -> None:
    if not (shutil.which("java") and CHECKER.is_file()):
        pytest.skip(NO_CHECKER)
    sources = {screen.name: around.sources.get(screen.name) or around.tour.source(screen) for screen in SCREENS}
    names = dict(enumerate(sources))
    for number, name in names.items():
        (tmp_path / f"{number}.html").write_text(sources[name], encoding="utf-8")

    # Told on standard error, whatever it is; the exit code only repeats it.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # it lives too short to be worth more preparation
    command = ["java", *quick, "-Xss8m", "-jar", str(CHECKER), "--errors-only", "--format", "json", str(tmp_path)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stderr)

    said = [(names[int(Path(m["url"]).stem)], m.get("lastLine"), m["message"]) for m in report["messages"]]
    assert said == []


# The judge


@pytest.fixture
def blank(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_axe_sees_what_is_wrong(blank: Page) -> None:
    blank.set_content("<main><img src=''><input></main>")
    found = violations(blank, RULES)
    assert [line.split(":")[0] for line in found] == ["document-title", "html-has-lang", "image-alt", "label"]


def test_known_looks_hide_nothing_new(around: Round, blank: Page) -> None:
    """A colour that contrasted on one background is judged again on another, in another size, and where it floats."""
    judge = Round(around.tour)
    blank.set_content("<p style='color: #555'>Good.")
    assert judge.violations(blank, DESKTOP, RULES_OF_APPEARANCE) == []
    for wrong in (
        "<p style='color: #555; background: #777'>Bad.",
        "<div style='background: #777'><p style='color: #555'>Bad.</div>",
        "<div style='opacity: 0.4'><p style='color: #555'>Bad.</div>",
        "<p style='color: #aaa'>Bad.",
        "<div style='position: fixed; top: 5em; background: #777'><p style='color: #555'>Bad.</div>",
    ):
        blank.set_content(f"<p style='color: #555'>Good.</p>{wrong}")
        for _ in range(2):
            (found,) = judge.violations(blank, DESKTOP, RULES_OF_APPEARANCE)
            assert found.startswith("color-contrast"), wrong
            assert "Good" not in found
