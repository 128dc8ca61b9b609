"""A judge of HTML that shares nothing with the code: html5lib's parser, and lists of its own of what may be there."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

COMMENT_TAGS = {"p", "br", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre"}
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}
POST_TAGS = COMMENT_TAGS | TABLE_TAGS | {"h2", "h3", "h4", "hr", "figure", "figcaption", "sup", "section"}
ATTRIBUTES = {
    ("a", "href"): r".*",
    ("a", "rel"): r"noopener|nofollow ugc noopener",
    ("ol", "start"): r"\d{1,6}",
}
POST_ATTRIBUTES = ATTRIBUTES | {
    ("a", "title"): r"(?s:.*)",
    ("a", "id"): r"fnref\d+(:\d+)?",
    ("a", "class"): r"footnote-backref",
    ("li", "id"): r"fn\d+",
    ("sup", "class"): r"footnote-ref",
    ("section", "class"): r"footnotes",
    ("figure", "class"): r"quote",
    ("th", "class"): r"align-(left|center|right)",
    ("td", "class"): r"align-(left|center|right)",
}
SCHEMES = {"", "http", "https", "mailto"}


def elements(html: str) -> Iterator[Element]:
    """What a browser would make of a fragment in a page's <div>; a parse error is an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    yield from list(parser.parseFragment(html, container="div").iter())[1:]


def scheme(address: str) -> str:
    """The scheme that a browser sees: it forgives what stands before or within it (URL standard, 4.4)."""
    seen = re.sub(r"[\t\n\r]", "", re.sub(r"^[\x00-\x20]+", "", address))
    match = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", seen)
    return match[1].lower() if match else ""


def faults(html: str, *, post: bool) -> list[str]:
    """What is in a piece of HTML and may not be: tags, attributes, values, schemes, comments."""
    tags, attributes = (POST_TAGS, POST_ATTRIBUTES) if post else (COMMENT_TAGS, ATTRIBUTES)
    found = []
    for element in elements(html):
        if element.tag not in tags:
            found.append(f"<{element.tag}>")
        for name, value in element.attrib.items():
            if not re.fullmatch(attributes.get((str(element.tag), name), "(?!)"), value):
                found.append(f"<{element.tag} {name}={value!r}>")
        if scheme(element.get("href", "")) not in SCHEMES:
            found.append(f"href {element.get('href')!r}")
        if element.tag == "a" and element.get("href") is None:
            found.append("a link to nowhere")
    return found
