"""HTML of comments that the first gate would give back as it is, byte for byte, so that it need not be taken apart.

This is a gate and no way around one. It reads the whole text and knows each tag that it lets through by its exact
bytes; what it does not know, in whatever way, goes through bleach as before. It lets through only what bleach is known
to leave alone: tags of the allow-list in the one spelling that bleach writes, nested as HTML's own parser would nest
them, closed in their order; in links nothing but a plain web address and our own `rel`; in the text no character that a
parser drops or changes, no "<" or ">", "&" only in entities that bleach leaves, and no address that bleach would make a
link of. `tests/rules/test_canonical.py` holds it to that: over whatever is typed, and over every known attack, what
passes here is what `bleach.clean` gives back. The second gate stands behind it either way.
"""

import re
from collections.abc import Sequence

from agora.rules.links import may_hold_address

# How every link in a comment is marked: as its reader's own.
REL = "nofollow ugc noopener"

# A program in a comment is both tags or none: the text of a <pre> of its own would lose a first line end.
_TAG = re.compile(r"(<pre><code>|</code></pre>|<[^<>]*>)")
_LINK = re.compile(
    r'<a href="https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/(?:[A-Za-z0-9/_.~?=+%#,-]|&amp;)*)?"' rf' rel="{REL}">'
)
_NUMBERED = re.compile(r'<ol start="[0-9]{1,6}">')

# What a parser drops, changes or may not know: control characters (a carriage return is one), lone surrogates,
# noncharacters, and all that lies beyond the planes of everyday writing; "&" but for the entities our renderer writes.
_CHANGED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001fffe-\U0010ffff]")
_AMPERSAND = re.compile("&(?!(?:amp|lt|gt|quot);)")

_CLOSING = {
    f"<{name}>": f"</{name}>"
    for name in ("p", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "code")  # by what opens them
} | {"<pre><code>": "</code></pre>"}
_TOP = ""
_BLOCKS = frozenset({_TOP, "</li>", "</blockquote>"})
_PHRASES = frozenset({"</em>", "</strong>", "</s>", "</a>"})
_SENTENCES = _BLOCKS | {"</p>"} | _PHRASES
# Within what each tag may be opened; everything is named by the tag that closes it.
_WITHIN: dict[str, frozenset[str]] = {
    **dict.fromkeys(("<p>", "<ul>", "<ol>", "<blockquote>", "<pre><code>"), _BLOCKS),
    **dict.fromkeys(("<em>", "<strong>", "<s>", "<a>", "<code>", "<br>"), _SENTENCES),
    "<li>": frozenset({"</ul>", "</ol>"}),
}


def is_canonical(html: str) -> bool:
    """Whether bleach would give back this HTML of a comment as it is. False wherever that is not sure."""
    if _CHANGED.search(html) or _AMPERSAND.search(html):
        return False
    pieces = _TAG.split(html)
    texts, tags = pieces[::2], pieces[1::2]
    spoken = "".join(texts)
    return "<" not in spoken and ">" not in spoken and _is_nested(texts, tags)


def _is_nested(texts: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether all is closed in its order, in an order that HTML's parser keeps, and no text has an address to link."""
    open_ = [_TOP]
    beside_links = []
    for text, tag in zip(texts, tags, strict=False):  # a last text follows
        if open_[-1] != "</a>":
            beside_links.append(text)
        if tag == open_[-1]:
            open_.pop()
            continue
        kind = tag if tag in _WITHIN else _kind_of(tag)
        if open_[-1] not in _WITHIN.get(kind, ()):
            return False
        if kind == "<br>":
            continue
        closing = _CLOSING[kind]
        if closing in _PHRASES and closing in open_:  # a parser would close the first, or keep count of them
            return False
        open_.append(closing)
    return open_ == [_TOP] and not may_hold_address("".join((*beside_links, texts[-1])))


def _kind_of(tag: str) -> str:
    """The tag without its attributes; "" for any but those that are known."""
    if _LINK.fullmatch(tag):
        return "<a>"
    return "<ol>" if _NUMBERED.fullmatch(tag) else ""
