"""What is remembered of a page is never another's, never stale and never without end; sentences are translated once."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from jinja2 import DictLoader, Environment, meta
from markupsafe import Markup

from agora.app import renderer_for
from agora.rendering import FRAGMENTS, LONGEST_FRAGMENT, Fragments
from agora.resources import folder
from agora.web.presenters.threads import BADGE_TEAM, CommentView

FUNCTIONS = {"gettext", "ngettext", "_", "static"}  # the same on every page of a language


class Note(NamedTuple):
    html: Markup
    name: str = "Alice"
    edited: bool = False
    website: str = ""


HELLO = Note(Markup("<p>Hello</p>"))
COMMENT = CommentView(
    id=1,
    url="/comments/1",
    name="Alice",
    website="",
    html=Markup("<p>Hello</p>"),
    moment=datetime(2026, 3, 12, tzinfo=UTC),
    edited=False,
    badge=BADGE_TEAM,
    gone=None,
    log_url=None,
    may_reply=True,
    in_reply_to=None,
)


@pytest.fixture
def fragments() -> Fragments:
    templates = {
        "note": "{% macro fragment(view) %}{{ view.name }}{% if view.edited %}, edited{% endif %}: {{ view.html }}"
        "{% endmacro %}",
        "other": "{% macro fragment(view) %}{{ view }}{% endmacro %}",
    }
    return Fragments(Environment(loader=DictLoader(templates), autoescape=True))


def test_a_fragment_is_remembered(fragments: Fragments) -> None:
    first = fragments.markup_of(HELLO, "note")

    assert first == Markup("Alice: <p>Hello</p>")
    assert fragments.markup_of(Note(Markup("<p>Hello</p>")), "note") is first


@pytest.mark.parametrize(
    ("changed", "markup"),
    [
        (HELLO._replace(html=Markup("<p>Bye</p>")), "Alice: <p>Bye</p>"),
        (HELLO._replace(name="<b>"), "&lt;b&gt;: <p>Hello</p>"),
        (HELLO._replace(edited=True), "Alice, edited: <p>Hello</p>"),
    ],
)
def test_a_changed_view_is_made_anew(fragments: Fragments, changed: Note, markup: str) -> None:
    fragments.markup_of(HELLO, "note")

    assert fragments.markup_of(changed, "note") == Markup(markup)


def test_templates_do_not_share(fragments: Fragments) -> None:
    assert fragments.markup_of(HELLO, "note") != fragments.markup_of(HELLO, "other")


def test_only_so_many_are_remembered(fragments: Fragments) -> None:
    first = fragments.markup_of(HELLO, "note")
    for number in range(FRAGMENTS):
        fragments.markup_of(HELLO._replace(name=f"Reader {number}"), "note")

    again = fragments.markup_of(HELLO, "note")
    assert again == first
    assert again is not first


def test_long_ones_are_not_remembered(fragments: Fragments) -> None:
    long = HELLO._replace(html=Markup("x" * (LONGEST_FRAGMENT + 1)))

    assert fragments.markup_of(long, "note") is not fragments.markup_of(long, "note")


def test_languages_do_not_share() -> None:
    renderer = renderer_for("Europe/Paris")
    fragments = [renderer.environment(language).filters["fragment"] for language in ("fr", "en", "fr")]
    french, english, again = (fragment(COMMENT, "comments/_comment.html") for fragment in fragments)

    assert "Équipe" in french
    assert "Répondre" in french
    assert "Team" in english
    assert "Reply" in english
    assert again is french


def fragment_templates() -> list[str]:
    """The templates that some other uses as a fragment."""
    texts = [path.read_text(encoding="utf-8") for path in folder("templates").rglob("*.html")]
    return sorted({name for text in texts for name in re.findall(r"""\|\s*fragment\(\s*["']([^"']+)""", text)})


def test_fragments_show_only_their_view() -> None:
    """A macro gets nothing of the page, so what it shows is in the key under which its markup is remembered."""
    environment = renderer_for("Europe/Paris").environment("fr")
    seen = {
        name: meta.find_undeclared_variables(
            environment.parse((folder("templates") / name).read_text(encoding="utf-8"))
        )
        for name in fragment_templates()
    }

    assert "comments/_comment.html" in seen
    assert {name: asked - FUNCTIONS for name, asked in seen.items()} == {name: set() for name in seen}


@pytest.mark.parametrize(
    ("template", "french", "english"),
    [
        ("{% trans %}Reply{% endtrans %}", "Répondre", "Reply"),
        ("{% trans %}  Leave\n a comment {% endtrans %}", "Laisser un commentaire", "Leave a comment"),
        ("{% trans %}Nobody gave 100 % yet & never will{% endtrans %}", *["Nobody gave 100 % yet & never will"] * 2),
        ("{% trans name=name %}to {{ name }}{% endtrans %}", "à &lt;Bob&gt;", "to &lt;Bob&gt;"),
        ("{% trans %}to {{ name }}{% endtrans %}", "à &lt;Bob&gt;", "to &lt;Bob&gt;"),
        ("{% trans a=1, b=name %}{{ a }} % & {{ b }}, {{ a }}{% endtrans %}", *["1 % & &lt;Bob&gt;, 1"] * 2),
    ],
)
def test_sentences_are_in_the_template(template: str, french: str, english: str) -> None:
    renderer = renderer_for("Europe/Paris")
    shown = [renderer.environment(language).from_string(template).render(name="<Bob>") for language in ("fr", "en")]

    assert shown == [french, english]
