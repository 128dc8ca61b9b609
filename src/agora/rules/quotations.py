"""What is an author's own in Markdown: lower headings, quotations with their source, pictures as links."""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token


def lower_headings(state: StateCore) -> None:
    """The page's one h1 is the title: a first-level heading in the text becomes a second-level one, and so on."""
    levels = {"h1": "h2", "h2": "h2", "h3": "h3"}
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = levels.get(token.tag, "h4")


def quotation_sources(state: StateCore) -> None:
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


def images_as_links(state: StateCore) -> None:
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
