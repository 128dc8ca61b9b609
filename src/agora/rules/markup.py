"""From what people type to HTML that may stand on a page: the only file that knows a sanitiser.

Two gates in a row, with one allow-list: bleach (html5lib's parser) and nh3 (html5ever's). Markup reaches a page only
if both let it through.
"""

import re
import threading
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import nh3
from bleach.linkifier import LinkifyFilter
from bleach.sanitizer import Cleaner
from markupsafe import Markup

from agora.rules import markdown
from agora.rules.canonical import REL, is_canonical
from agora.rules.characters import clean_source as clean_source
from agora.rules.links import may_hold_address

# Kept beside every piece of HTML in the store; `agora rerender` makes anew what an older version made.
RENDERER_VERSION = 1

PROTOCOLS = frozenset({"http", "https", "mailto"})
_COMMENT_TAGS = frozenset({"p", "br", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre"})
_POST_TAGS = _COMMENT_TAGS | frozenset(
    {"h2", "h3", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "sup", "section"}
)
_FOOTNOTE_IDS = re.compile(r"fn(ref)?\d+(:\d+)?")
_POST_CLASSES = frozenset(
    {"quote", "footnotes", "footnote-ref", "footnote-backref", "align-left", "align-center", "align-right"}
)

# What becomes a link in running text: an address with its scheme, or one that begins with "www.". Bleach's own pattern
# takes quadratic time over a row of parentheses, and makes a link of "fin.Il" where somebody forgot a space.
_ADDRESS = re.compile(
    r"(?<!\()\(*(?<![\w@.-])"  # parentheses before it: bleach takes them off again, with those that close them
    r"(?:https?://|www\.)(?:[\w-]+\.)+[\w-]+"
    r"(?::\d+)?(?:[/?#][^\s{}|\\^`<>\"]*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Allowed:
    """One allow-list, read by both gates."""

    name: str
    rel: str  # of every link
    tags: frozenset[str]
    attributes: dict[str, frozenset[str]]

    def admits(self, tag: str, name: str, value: str) -> bool:
        """Whether this attribute may stand on this tag with this value."""
        if name not in self.attributes.get(tag, ()) and name not in self.attributes.get("*", ()):
            return False
        if name == "id":
            return bool(_FOOTNOTE_IDS.fullmatch(value))
        if name == "class":
            return set(value.split()) <= _POST_CLASSES
        if name == "start":
            return value.isdigit() and len(value) < 7
        return True


COMMENT = Allowed("comment", REL, _COMMENT_TAGS, {"a": frozenset({"href", "rel"}), "ol": frozenset({"start"})})
POST = Allowed(
    "post",
    "noopener",
    _POST_TAGS,
    {
        "*": frozenset({"id", "class"}),
        "a": frozenset({"href", "rel", "title"}),
        "ol": frozenset({"start"}),
    },
)


def comment_html(source: str, language: str = "fr") -> Markup:
    """A reader's Markdown as safe HTML: a small subset, every link marked as the reader's own (rel=ugc)."""
    parser = markdown.comment_parser(language.startswith("fr"), _leads_somewhere)
    return _sanitise(parser.render(clean_source(source), {"language": language}), COMMENT)


def post_html(source: str, language: str = "fr") -> Markup:
    """An author's Markdown as safe HTML: CommonMark, tables, footnotes, quotations with their source."""
    parser = markdown.post_parser(language.startswith("fr"), _leads_somewhere)
    return _sanitise(parser.render(clean_source(source), {"language": language}), POST)


def link_count(html: str) -> int:
    """How many links the finished HTML holds."""
    return len(re.findall(r"<a\s", html))


def _sanitise(html: str, allowed: Allowed) -> Markup:
    return Markup(_second_gate(_first_gate(html, allowed), allowed))  # noqa: S704 - where text becomes trusted


def _first_gate(html: str, allowed: Allowed) -> str:
    """Most comments are written as bleach would write them; taking those apart again costs more than all else."""
    if allowed is COMMENT and is_canonical(html):
        return html
    return _cleaner(allowed).clean(html)  # linkify is its last filter, so that links are made on clean markup


def _second_gate(html: str, allowed: Allowed) -> str:
    return _SECOND_GATES[allowed.name].clean(html)


def _new_second_gate(allowed: Allowed) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(allowed.tags),
        attributes={tag: set(names) for tag, names in allowed.attributes.items()},
        attribute_filter=lambda tag, name, value: value if allowed.admits(tag, name, value) else None,
        url_schemes=set(PROTOCOLS),
        link_rel=None,
    )


# Made once: they keep nothing between two texts, so all threads share them.
_SECOND_GATES = {allowed.name: _new_second_gate(allowed) for allowed in (COMMENT, POST)}


def _leads_somewhere(address: str) -> bool:
    """Whether the second gate will leave this address on a link: bleach is content with localhost:80."""
    quoted = address.replace('"', "&quot;")
    return _second_gate(f'<a href="{quoted}">', COMMENT).startswith("<a href=")


# A bleach cleaner keeps its parser's state between calls, so each thread has its own.
_per_thread = threading.local()


def _cleaner(allowed: Allowed) -> Cleaner:
    cleaners: dict[str, Cleaner] = _per_thread.__dict__
    if allowed.name not in cleaners:
        cleaners[allowed.name] = _new_cleaner(allowed)
    return cleaners[allowed.name]


class _Links(LinkifyFilter):
    def handle_links(self, src_iter: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Most texts hold no address: two looks say so, where the pattern tries at every letter."""
        for token in src_iter:
            yield from super().handle_links([token]) if may_hold_address(token["data"]) else (token,)

    def extract_entities(self, token: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The cleaner has read them already: read a second time, what says "&lt;" would become a "<"."""
        yield token


def _new_cleaner(allowed: Allowed) -> Cleaner:
    def set_rel(attributes: MutableMapping[Any, str], new: bool = False) -> Any:  # None leaves what was typed as text
        if new and not _leads_somewhere(attributes[(None, "href")]):
            return None
        attributes[(None, "rel")] = allowed.rel
        return attributes

    def linkify(source: Any) -> _Links:
        return _Links(source, callbacks=[set_rel], skip_tags={"pre", "code"}, url_re=_ADDRESS)

    return Cleaner(
        tags=allowed.tags,
        attributes=allowed.admits,
        protocols=PROTOCOLS,
        strip=True,
        strip_comments=True,
        filters=[linkify],
    )
