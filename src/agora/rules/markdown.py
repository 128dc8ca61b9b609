"""Markdown parsers: a small one for comments, CommonMark with tables and footnotes for posts; both with typography."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from agora.rules.canonical import REL
from agora.rules.quotations import images_as_links, lower_headings, quotation_sources
from agora.rules.typography import ADDRESS, NARROW, typeset

# Whether an address leads somewhere that a page may link to.
LeadsSomewhere = Callable[[str], bool]

# An address that is in its normal form already.
_PLAIN_ADDRESS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9/_.~?&=+-]*)?")
# One within a word, which no pair of quotation marks can want.
_APOSTROPHE = re.compile(r"'(?<=[^\W_]')(?=[^\W_])")

# What has a meaning within a line of a comment. By itself markdown-it stops at more signs, for rules that are off here.
_SPECIAL = re.compile(r"[\n\\`*_~\[\]<&]")
# What straight quotation marks become: outer and inner ones.
_FRENCH_MARKS = [f"«{NARROW}", f"{NARROW}»", "“", "”"]
_ENGLISH_MARKS = ["“", "”", "‘", "’"]


class _Parser(MarkdownIt):
    """A parser that leaves as typed what would be a link to nowhere."""

    leads_somewhere: LeadsSomewhere

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is markdown-it's
        return super().validateLink(url) and self.leads_somewhere(url)

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Taking an address apart to encode each part costs more than all else about a link; most need none of it."""
        return url if _PLAIN_ADDRESS.fullmatch(url) else super().normalizeLink(url)


@lru_cache(maxsize=4)
def comment_parser(is_french: bool, leads_somewhere: LeadsSomewhere) -> MarkdownIt:
    """For readers: no raw HTML, no headings, no pictures; links say that they are the reader's own."""
    parser = _new_parser(is_french, leads_somewhere, breaks=True)
    parser.enable(["strikethrough", "smartquotes"]).disable(
        ["heading", "lheading", "hr", "image", "html_block", "html_inline"]
    )
    parser.inline.terminator_re = _SPECIAL
    parser.core.ruler.at("inline", _inline)
    _set_rule(parser, "link_open", _link_open)
    return parser


@lru_cache(maxsize=4)
def post_parser(is_french: bool, leads_somewhere: LeadsSomewhere) -> MarkdownIt:
    """For authors: CommonMark without raw HTML, tables, footnotes, quotations with their source."""
    parser = _new_parser(is_french, leads_somewhere)
    parser.enable(["table", "strikethrough", "smartquotes"]).disable(["html_block", "html_inline"]).use(footnote_plugin)
    for rule in (lower_headings, quotation_sources, images_as_links):
        parser.core.ruler.before("typography", rule.__name__, rule)
    _set_rule(parser, "td_open", _cell_open)
    _set_rule(parser, "th_open", _cell_open)
    _set_rule(parser, "footnote_anchor", _footnote_anchor)
    _set_rule(parser, "footnote_block_open", _footnotes_open)
    return parser


def _new_parser(is_french: bool, leads_somewhere: LeadsSomewhere, *, breaks: bool = False) -> MarkdownIt:
    options = {"html": False, "linkify": False, "typographer": True, "xhtmlOut": False, "breaks": breaks}
    parser = _Parser("commonmark", {**options, "quotes": _FRENCH_MARKS if is_french else _ENGLISH_MARKS})
    parser.leads_somewhere = leads_somewhere
    parser.core.ruler.before("smartquotes", "addresses_as_typed", _addresses_as_typed)
    parser.core.ruler.before("smartquotes", "apostrophes", _apostrophes)
    parser.core.ruler.push("typography", _typography)
    return parser


def _set_rule(parser: MarkdownIt, name: str, rule: Callable[..., str]) -> None:
    parser.add_render_rule(name, rule)


def _inline(state: StateCore) -> None:
    """What markdown-it's own rule does; a paragraph in which nothing has a meaning is a text, without asking twelve."""
    for block in state.tokens:
        if block.type == "inline":
            block.children = []
            if _SPECIAL.search(block.content):
                state.md.inline.parse(block.content, state.md, state.env, block.children)
            elif block.content:
                block.children.append(Token("text", "", 0, content=block.content))


def _addresses_as_typed(state: StateCore) -> None:
    """An apostrophe in an address belongs to it. What is text_special here becomes text again after the quotes."""
    for block in state.tokens:
        if block.children and "://" in block.content:
            block.children = [part for token in block.children for part in _parted(token)]


def _parted(token: Token) -> list[Token]:
    if token.type != "text" or "://" not in token.content:
        return [token]
    return [
        Token("text_special" if index % 2 else "text", "", 0, level=token.level, content=part)
        for index, part in enumerate(ADDRESS.split(token.content))
    ]


def _apostrophes(state: StateCore) -> None:
    """The smart quotes copy the rest of the text for every mark that they look at: most are no quotes."""
    for block in state.tokens:
        if "'" in block.content:
            for token in block.children or ():
                if token.type == "text":
                    token.content = _APOSTROPHE.sub("’", token.content)


def _typography(state: StateCore) -> None:
    language = state.env.get("language", "fr")
    for block in state.tokens:
        for token in block.children or ():
            if token.type == "text":
                token.content = typeset(token.content, language)


def _link_open(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrs["rel"] = REL
    return str(renderer.renderToken(tokens, index, options, env))


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
