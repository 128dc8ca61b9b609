"""From what people type to HTML that may stand on a page: the only file that knows a sanitiser.

Two gates in a row, with one allow-list: bleach (html5lib's parser) and nh3 (html5ever's). Markup reaches a page only
if both let it through.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from bleach.linkifier import LinkifyFilter
from bleach.sanitizer import Cleaner
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.footnote import footnote_plugin

from agora.rules.typography import ADDRESS, NARROW, typeset

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


def _may_hold_address(text: str) -> bool:
    return "://" in text or "www." in text.lower()


# An address that is in its normal form already.
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9/_.~?&=+-]*)?")

# NUL is refused by PostgreSQL; control characters, lone surrogates and noncharacters by XML or HTML.
_NONCHARACTERS = "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000))
_REFUSED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")


# Normalising takes quadratic time over a row of combining marks; no writing has as many as thirty (UAX 15, section 13).
_MARKS = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code)))
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]+")


@dataclass(frozen=True)
class Allowed:
    """One allow-list, read by both gates."""

    name: str
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


COMMENT = Allowed("comment", _COMMENT_TAGS, {"a": frozenset({"href", "rel"}), "ol": frozenset({"start"})})
POST = Allowed(
    "post",
    _POST_TAGS,
    {
        "*": frozenset({"id", "class"}),
        "a": frozenset({"href", "rel", "title"}),
        "ol": frozenset({"start"}),
    },
)


def comment_html(source: str, language: str = "fr") -> Markup:
    """A reader's Markdown as safe HTML: a small subset, every link marked as the reader's own (rel=ugc)."""
    html = _comment_parser(_marks(language)).render(clean_source(source), {"language": language})
    return _sanitise(html, COMMENT, rel="nofollow ugc noopener")


def post_html(source: str, language: str = "fr") -> Markup:
    """An author's Markdown as safe HTML: CommonMark, tables, footnotes, quotations with their source."""
    html = _post_parser(_marks(language)).render(clean_source(source), {"language": language})
    return _sanitise(html, POST, rel="noopener")


def link_count(html: str) -> int:
    """How many links the finished HTML holds."""
    return len(re.findall(r"<a\s", html))


def clean_source(source: str) -> str:
    """The same text in one form (NFC, \\n), without the characters that a database or a feed refuses."""
    plain = _REFUSED.sub("", source.replace("\r\n", "\n"))
    return plain if plain.isascii() else unicodedata.normalize("NFC", _TOO_MANY_MARKS.sub(r"\1", plain))


def _sanitise(html: str, allowed: Allowed, *, rel: str) -> Markup:
    first = _cleaner(allowed, rel).clean(html)  # linkify is its last filter, so that links are made on clean markup
    return Markup(_second_gate(first, allowed))  # noqa: S704 - the one place where text becomes trusted


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


def _cleaner(allowed: Allowed, rel: str) -> Cleaner:
    cleaners: dict[str, Cleaner] = _per_thread.__dict__
    if rel not in cleaners:
        cleaners[rel] = _new_cleaner(allowed, rel)
    return cleaners[rel]


class _Links(LinkifyFilter):
    def handle_links(self, src_iter: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Most texts hold no address: two looks say so, where the pattern tries at every letter."""
        for token in src_iter:
            yield from super().handle_links([token]) if _may_hold_address(token["data"]) else (token,)

    def extract_entities(self, token: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The cleaner has read them already: read a second time, what says "&lt;" would become a "<"."""
        yield token


def _new_cleaner(allowed: Allowed, rel: str) -> Cleaner:
    def set_rel(attributes: MutableMapping[Any, str], new: bool = False) -> Any:  # None leaves what was typed as text
        if new and not _leads_somewhere(attributes[(None, "href")]):
            return None
        attributes[(None, "rel")] = rel
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


class _Parser(MarkdownIt):
    """A parser that leaves as typed what would be a link to nowhere."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is markdown-it's
        return super().validateLink(url) and _leads_somewhere(url)

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Taking an address apart to encode each part costs more than all else about a link; most need none of it."""
        return url if _PLAIN_ADDRESS.fullmatch(url) else super().normalizeLink(url)


def _marks(language: str) -> tuple[str, ...]:
    """What straight quotation marks become: outer and inner ones."""
    return (f"«{NARROW}", f"{NARROW}»", "“", "”") if language.startswith("fr") else ("“", "”", "‘", "’")


@lru_cache(maxsize=4)
def _comment_parser(marks: tuple[str, ...]) -> MarkdownIt:
    parser = _Parser(
        "commonmark", {"html": False, "linkify": False, "breaks": True, "typographer": True, "quotes": list(marks)}
    )
    parser.enable(["strikethrough", "smartquotes"]).disable(
        ["heading", "lheading", "hr", "image", "html_block", "html_inline"]
    )
    return _with_typography(parser)


@lru_cache(maxsize=4)
def _post_parser(marks: tuple[str, ...]) -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "linkify": False, "typographer": True, "quotes": list(marks)})
    parser.enable(["table", "strikethrough", "smartquotes"]).disable(["html_block", "html_inline"]).use(footnote_plugin)
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.core.ruler.push("quotation_sources", _quotation_sources)
    parser.core.ruler.push("images_as_links", _images_as_links)
    _set_rule(parser, "td_open", _cell_open)
    _set_rule(parser, "th_open", _cell_open)
    _set_rule(parser, "footnote_anchor", _footnote_anchor)
    _set_rule(parser, "footnote_block_open", _footnotes_open)
    return _with_typography(parser)


def _set_rule(parser: MarkdownIt, name: str, rule: Callable[..., str]) -> None:
    parser.add_render_rule(name, rule)


def _with_typography(parser: MarkdownIt) -> MarkdownIt:
    parser.core.ruler.before("smartquotes", "addresses_as_typed", _addresses_as_typed)
    parser.core.ruler.push("typography", _typography)
    return parser


def _addresses_as_typed(state: StateCore) -> None:
    """An apostrophe in an address belongs to it. What is text_special here becomes text again after the quotes."""
    for block in state.tokens:
        children: list[Token] = []
        for token in block.children or ():
            if token.type != "text" or "://" not in token.content:
                children.append(token)
                continue
            for index, part in enumerate(ADDRESS.split(token.content)):
                kind = "text_special" if index % 2 else "text"
                children.append(Token(kind, "", 0, level=token.level, content=part))
        if block.children is not None:
            block.children = children


def _typography(state: StateCore) -> None:
    language = state.env.get("language", "fr")
    for block in state.tokens:
        for token in block.children or ():
            if token.type == "text":
                token.content = typeset(token.content, language)


def _lower_headings(state: StateCore) -> None:
    """The page's one h1 is the title: a first-level heading in the text becomes a second-level one, and so on."""
    levels = {"h1": "h2", "h2": "h2", "h3": "h3"}
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = levels.get(token.tag, "h4")


def _quotation_sources(state: StateCore) -> None:
    """A quotation whose last paragraph begins with a dash becomes a figure, and that paragraph its caption."""
    tokens = state.tokens
    for end in [i for i, token in enumerate(tokens) if token.type == "blockquote_close"]:
        if tokens[end - 1].type != "paragraph_close" or tokens[end - 4].type == "blockquote_open":
            continue  # it ends with something else, or has nothing but this paragraph
        opening, inline, closing = tokens[end - 3 : end]
        is_dialogue = tokens[end - 4].type == "paragraph_close" and _begins_with_dash(tokens[end - 5])
        if is_dialogue or not _begins_with_dash(inline):
            continue
        start = next(
            i
            for i in range(end, -1, -1)
            if tokens[i].type == "blockquote_open" and tokens[i].level == tokens[end].level
        )
        opening.type, opening.tag, closing.type, closing.tag = (
            "figcaption_open",
            "figcaption",
            "figcaption_close",
            "figcaption",
        )
        opening.hidden = closing.hidden = False
        first = inline.children[0] if inline.children else None
        if first and first.type == "text":
            first.content = re.sub(r"^(—|–|--)\s*", "— ", first.content)
        figure = Token("figure_open", "figure", 1, attrs={"class": "quote"}, block=True)
        # The caption leaves the quotation: what is said of a quotation is not quoted (HTML, 4.4.4).
        tokens[end - 3 : end + 1] = [tokens[end], opening, inline, closing]
        tokens[start] = _pair(figure, tokens[start])
        closing.meta["closes_figure"] = True
    state.tokens = _unfold(tokens)


def _begins_with_dash(inline: Token) -> bool:
    return bool(re.match(r"(—|–|--)\s*\S", inline.content))


def _pair(figure: Token, quotation: Token) -> Token:
    quotation.meta["figure"] = figure
    return quotation


def _unfold(tokens: list[Token]) -> list[Token]:
    unfolded = []
    for token in tokens:
        if "figure" in token.meta:
            unfolded.append(token.meta.pop("figure"))
        unfolded.append(token)
        if token.meta.pop("closes_figure", False):
            unfolded.append(Token("figure_close", "figure", -1, block=True))
    return unfolded


def _images_as_links(state: StateCore) -> None:
    """No page of ours asks a third party for anything: a picture of elsewhere is offered as a link to it."""
    for block in state.tokens:
        children: list[Token] = []
        in_link = False
        for token in block.children or ():
            in_link = token.type == "link_open" or (in_link and token.type != "link_close")
            children += _offered(token, in_link) if token.type == "image" else [token]
        if block.children is not None:
            block.children = children


def _offered(image: Token, in_link: bool) -> list[Token]:
    address = str(image.attrs["src"])
    label = "".join(child.content for child in image.children or ()) or address
    text = Token("text", "", 0, content=label)
    if in_link:  # there is no link within a link
        return [text]
    return [Token("link_open", "a", 1, attrs={"href": address}), text, Token("link_close", "a", -1)]


def _cell_open(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    style = str(tokens[index].attrs.pop("style", ""))
    if style.startswith("text-align:"):
        tokens[index].attrs["class"] = "align-" + style.removeprefix("text-align:")
    return str(renderer.renderToken(tokens, index, options, env))


def _footnotes_open(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    return '<section class="footnotes">\n<ol>\n'


def _footnote_anchor(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    name = renderer.rules["footnote_anchor_name"](tokens, index, options, env)
    if tokens[index].meta["subId"] > 0:
        name += f":{tokens[index].meta['subId']}"
    return f' <a href="#fnref{name}" class="footnote-backref">↩\ufe0e</a>'
