"""What passes without being taken apart is what bleach would give back, byte for byte: nothing else passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora.rules import markdown, markup
from agora.rules.canonical import REL, is_canonical
from agora.rules.markup import COMMENT, clean_source, comment_html

from .payloads import payloads
from .test_markup import LANGUAGES, TEXTS

LINK = f'<a href="https://a.fr/b?c=d&amp;e=f" rel="{REL}">'
TAGS = ("<p>", "<em>", "<strong>", "<s>", "<a>", "<ul>", "<ol>", "<li>", "<blockquote>", "<code>", "<pre><code>")
PIECES = [*"<>&\"'=/; \n\r\t\x0c#:A\x00é👍", "a", "&amp;", "&lt;", "&quot;", "&copy;", "&#13;", "lt;", "www.", "://"]


def rendered(text: str, language: str) -> str:
    """What comes to the first gate."""
    parser = markdown.comment_parser(language == "fr", markup._leads_somewhere)
    return str(parser.render(clean_source(text), {"language": language}))


def cleaned(html: str) -> str:
    return markup._cleaner(COMMENT).clean(html)


def element(tag: str, inside: list[str]) -> str:
    opening = {"<a>": LINK, "<ol>": '<ol start="2">'}.get(tag, tag)
    closing = "</code></pre>" if tag == "<pre><code>" else tag.replace("<", "</")
    return f"{opening}{''.join(inside)}{closing}"


WHOLE = st.recursive(
    st.sampled_from(["a", "\n", "<br>", "&amp;", "&lt;", "é"]),
    lambda inner: st.builds(element, st.sampled_from(TAGS), st.lists(inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Whole elements, and sometimes something where it may not be."""
    html = draw(st.lists(WHOLE, max_size=3).map("".join))
    for piece in draw(st.lists(st.sampled_from(PIECES), max_size=2)):
        at = draw(st.integers(0, len(html)))
        html = html[:at] + piece + html[at + draw(st.integers(0, 3)) :]
    return html


@given(st.one_of(damaged(), TEXTS))
def test_what_passes_is_what_bleach_makes(html: str) -> None:
    assert not is_canonical(html) or cleaned(html) == html


@given(TEXTS, LANGUAGES)
def test_comments_are_what_both_gates_make(text: str, language: str) -> None:
    assert comment_html(text, language) == markup._second_gate(cleaned(rendered(text, language)), COMMENT)


def test_attacks_that_pass_are_what_bleach_makes() -> None:
    ways = [
        html
        for attack in payloads()
        for html in (attack, f"<p>{attack}</p>", f'<p><a href="{attack}" rel="{REL}">a</a></p>')
        if is_canonical(html)
    ]
    assert [html for html in ways if cleaned(html) != html] == []


@pytest.mark.parametrize(
    "text",
    [
        'One, *two*, **three** ~~four~~.\nFive & "six"\n\n> seven\n\n- eight\n  - nine\n\n3. ten',
        "See [this](https://example.org/a?b=1&c=2), `code` <b>\n\n    more code",
        "Un *mot* « à part » : l'été… 👍",
    ],
)
def test_usual_comments_pass(text: str) -> None:
    assert is_canonical(rendered(text, "fr"))


@pytest.mark.parametrize(
    "html",
    [
        "<p>a",
        "a</p>",
        "<p>a</em></p>",
        "<p><em>a</p></em>",
        "<p><p>a</p></p>",
        "<p><ul></ul></p>",
        "<em><p>a</p></em>",
        "<em>a<em>b</em></em>",
        f"{LINK}a<em>{LINK}b</a></em></a>",
        "<li>a</li>",
        "<ul><p>a</p></ul>",
        "<pre>\na</pre>",
        "<pre><code><br></code></pre>",
        "<code><em>a</em></code>",
        "<br/>",
        "<BR>",
        "<p >a</p>",
        "<!-- a -->",
        "<script>a</script>",
        '<p class="a">a</p>',
        "<ol start=2></ol>",
        '<ol start="٣"></ol>',
        '<a href="https://a.fr">a</a>',
        f'<a rel="{REL}" href="https://a.fr">a</a>',
        f'<a href="javascript:a" rel="{REL}">a</a>',
        f'<a href="https://a.fr/&quot;" rel="{REL}">a</a>',
        f'<a href="https://a.fr/&amp;lt;" rel="{REL}">a</a>',
        f'<a href="https://a" rel="{REL}">a</a>',
        "a > b",
        "a & b",
        "&copy;",
        "&#60;",
        "a\rb",
        "a\x00b",
        "a\ufdd0b",
        "https://a.fr",
        "WWW.a.fr",
        f"{LINK}a</a> www.a.fr",
    ],
)
def test_what_is_not_sure_goes_to_bleach(html: str) -> None:
    assert not is_canonical(html)
