"""What is remembered of a page is never another's, never stale and never without end; sentences are translated once."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from jinja2 import DictLoader, Environment, meta
from markupsafe import Markup

from agora.app import renderer_for
from agora.rendering import CHARACTERS, LEAST, LONGEST_FRAGMENT, Fragments
from agora.resources import folder
from agora.rules.moderation import State
from agora.rules.threads import path_below
from agora.store.discussions import ThreadLine
from agora.web.presenters.threads import Scene, ThreadView

NOTE, OTHER = "comments/_comment.html", "comments/_thread.html"
FUNCTIONS = {"gettext", "ngettext", "_", "static"}  # the same on every page of a language


class Note(NamedTuple):
    html: Markup
    name: str = "Alice"
    edited: bool = False
    website: str = ""

    @property
    def length(self) -> int:
        return len(self.html)


HELLO = Note(Markup("<p>Hello</p>"))
LINE = ThreadLine(
    id=1,
    parent_id=None,
    root_id=None,
    path=None,
    shown_in_thread=1,
    state=State.PUBLISHED,
    person_id=7,
    name="Alice",
    website="",
    html=Markup("<p>Hello</p>"),
    created_at=datetime(2026, 3, 12, tzinfo=UTC),
    is_edited=False,
)
SCENE = Scene(frozenset(), is_open=True, max_depth=5, comment_path="/comments/{id}", log_url="/log")
THREAD = ThreadView(SCENE, (LINE,), ())


@pytest.fixture
def fragments() -> Fragments:
    templates = {
        NOTE: "{% macro fragment(view) %}{{ view.name }}{% if view.edited %}, edited{% endif %}: {{ view.html }}"
        "{% endmacro %}",
        OTHER: "{% macro fragment(view) %}{{ view }}{% endmacro %}",
    }
    return Fragments(Environment(loader=DictLoader(templates), autoescape=True))


def test_a_fragment_is_remembered(fragments: Fragments) -> None:
    first = fragments.markup_of(HELLO, NOTE)

    assert first == Markup("Alice: <p>Hello</p>")
    assert fragments.markup_of(Note(Markup("<p>Hello</p>")), NOTE) is first


@pytest.mark.parametrize(
    ("changed", "markup"),
    [
        (HELLO._replace(html=Markup("<p>Bye</p>")), "Alice: <p>Bye</p>"),
        (HELLO._replace(name="<b>"), "&lt;b&gt;: <p>Hello</p>"),
        (HELLO._replace(edited=True), "Alice, edited: <p>Hello</p>"),
    ],
)
def test_a_changed_view_is_made_anew(fragments: Fragments, changed: Note, markup: str) -> None:
    fragments.markup_of(HELLO, NOTE)

    assert fragments.markup_of(changed, NOTE) == Markup(markup)


def test_templates_do_not_share(fragments: Fragments) -> None:
    assert fragments.markup_of(HELLO, NOTE) != fragments.markup_of(HELLO, OTHER)


def test_what_is_not_asked_for_is_forgotten(fragments: Fragments) -> None:
    """As many as have so many characters together; the length of each counts, and not the most that it may have."""
    often, seldom = HELLO, HELLO._replace(name="Bob")
    first, other = fragments.markup_of(often, NOTE), fragments.markup_of(seldom, NOTE)
    long = Markup("x" * (LONGEST_FRAGMENT - LEAST))
    for number in range(CHARACTERS // LONGEST_FRAGMENT - 1):
        fragments.markup_of(HELLO._replace(html=long, name=f"Reader {number}"), NOTE)
        assert fragments.markup_of(often, NOTE) is first
    assert fragments.markup_of(seldom, NOTE) is other

    for number in range(CHARACTERS // LONGEST_FRAGMENT):
        fragments.markup_of(HELLO._replace(html=long, name=f"Later reader {number}"), NOTE)
        assert fragments.markup_of(often, NOTE) is first
    assert fragments.markup_of(seldom, NOTE) is not other
    assert fragments.markup_of(seldom, NOTE) == other


def test_long_ones_are_not_remembered(fragments: Fragments) -> None:
    long = HELLO._replace(html=Markup("x" * (LONGEST_FRAGMENT + 1)))

    assert fragments.markup_of(long, NOTE) is not fragments.markup_of(long, NOTE)


def test_languages_do_not_share() -> None:
    renderer = renderer_for("Europe/Paris")
    fragments = [renderer.environment(language).filters["fragment"] for language in ("fr", "en", "fr")]
    french, english, again = (fragment(THREAD, "comments/_thread.html") for fragment in fragments)

    assert "Équipe" in french
    assert "Répondre" in french
    assert "Team" in english
    assert "Reply" in english
    assert again is french


@pytest.mark.parametrize(
    ("changed", "shows"),
    [
        (THREAD._replace(scene=SCENE._replace(signers=frozenset({7}))), "Signs this article"),
        (THREAD._replace(lines=(LINE._replace(is_edited=True),)), "edited"),
        (THREAD._replace(lines=(LINE._replace(state=State.HIDDEN),), gone=("Gone by clause 1.",)), "Gone by clause 1."),
        (THREAD._replace(rest=("/comments/1/thread?from=9", 3)), "Read the other 3 replies"),
        (
            THREAD._replace(lines=(LINE, LINE._replace(id=2, parent_id=1, path=path_below("", 2), name="Bob"))),
            "<bdi>Bob</bdi>",
        ),
    ],
)
def test_a_changed_thread_is_drawn_anew(changed: ThreadView, shows: str) -> None:
    fragment = renderer_for("Europe/Paris").environment("en").filters["fragment"]

    assert shows not in fragment(THREAD, "comments/_thread.html")
    assert shows in fragment(changed, "comments/_thread.html")


def test_closed_discussions_take_no_reply() -> None:
    fragment = renderer_for("Europe/Paris").environment("en").filters["fragment"]
    closed = THREAD._replace(scene=SCENE._replace(is_open=False))

    assert "/comments/1/reply" in fragment(THREAD, "comments/_thread.html")
    assert "/comments/1/reply" not in fragment(closed, "comments/_thread.html")


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

    assert set(seen) == {NOTE, OTHER}
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
