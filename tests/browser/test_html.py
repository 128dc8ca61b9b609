"""Every page and state is valid HTML: for a strict parser always, for the Nu checker where it is installed."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from playwright.sync_api import Browser

from browser.screens import SCREENS, Screen, Tour, every_screen
from browser.town import Town

pytestmark = pytest.mark.browser

CHECKER = Path(os.environ.get("VNU_JAR", "~/.cache/agora-verify/node_modules/vnu-jar/build/dist/vnu.jar")).expanduser()
NO_CHECKER = "NO NU HTML CHECKER, SO NO PAGE WAS CHECKED WITH IT: install java and name the vnu.jar in VNU_JAR."


@pytest.fixture(scope="module")
def sources(chromium: Browser, town: Town) -> dict[str, str]:
    """The HTML of every screen as it was sent, by the screen's name."""
    with Tour(chromium, town, java_script_enabled=False) as tour:
        return {screen.name: tour.source(screen) for screen in SCREENS}


@every_screen
def test_every_screen_parses_strictly(sources: dict[str, str], screen: Screen) -> None:
    assert _tree(sources[screen.name]).tag == "html"


@every_screen
def test_ids_are_unique(sources: dict[str, str], screen: Screen) -> None:
    ids = Counter(element.get("id") for element in _tree(sources[screen.name]).iter() if element.get("id"))
    assert [id_ for id_, count in ids.items() if count > 1] == []


@every_screen
def test_every_control_has_a_label(sources: dict[str, str], screen: Screen) -> None:
    root = _tree(sources[screen.name])
    labelled = {label.get("for") for label in root.iter("label") if "".join(label.itertext()).strip()}
    assert [control.attrib for control in _visible_controls(root) if control.get("id") not in labelled] == []


@every_screen
def test_every_screen_has_its_frame(sources: dict[str, str], screen: Screen) -> None:
    root = _tree(sources[screen.name])
    feeds = [link for link in root.iter("link") if link.get("type") == "application/atom+xml"]
    assert len(list(root.iter("main"))) == 1
    assert len(list(root.iter("h1"))) == 1
    assert root.get("lang") in {"fr", "en"}
    assert "".join(next(root.iter("title")).itertext()).strip()
    assert all(link.get("rel") == "alternate" for link in feeds)
    assert feeds


def test_the_nu_checker_finds_nothing(sources: dict[str, str], tmp_path: Path) -> None:
    if not (shutil.which("java") and CHECKER.is_file()):
        pytest.skip(NO_CHECKER)
    names = dict(enumerate(sources))
    for number, name in names.items():
        (tmp_path / f"{number}.html").write_text(sources[name], encoding="utf-8")

    # Told on standard error, whatever it is; the exit code only repeats it.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # it lives too short to be worth more preparation
    command = ["java", *quick, "-Xss8m", "-jar", str(CHECKER), "--errors-only", "--format", "json", str(tmp_path)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stderr)

    said = [(names[int(Path(m["url"]).stem)], m.get("lastLine"), m["message"]) for m in report["messages"]]
    assert said == []


@cache
def _tree(source: str) -> Element:
    """The page's elements; raises html5lib's ParseError at the first mistake."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(source)


def _visible_controls(root: Element) -> Iterator[Element]:
    for name in ("input", "select", "textarea"):
        for control in root.iter(name):
            if control.get("type") != "hidden" and control.get("aria-hidden") != "true":
                yield control
