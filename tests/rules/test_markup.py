"""What people type becomes HTML of a small, safe subset: what is let through, what is changed, what stays text."""

import re
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import inline

from agora.rules import markdown, markup
from agora.rules.markup import clean_source, comment_html, link_count, post_html

from .judge import elements, faults

Render = Callable[..., str]
RENDERERS = pytest.mark.parametrize("render", [comment_html, post_html])


def flat(html: str) -> str:
    """The HTML without the line ends between its blocks."""
    return re.sub(r"(?<=>)\n", "", html)


def links(html: str) -> list[str]:
    return [element.get("href", "") for element in elements(html) if element.tag == "a"]


# What may be written


@RENDERERS
@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1. a\n   - b", "<ol><li>a\n<ul><li>b</li></ul></li></ol>"),
        ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("```python\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("    a & b", "<pre><code>a &amp; b\n</code></pre>"),
        ("a\\\nb", "<p>a<br>b</p>"),
        ("", ""),
        (" \n\t\n", ""),
    ],
)
def test_common_subset_is_rendered(render: Render, typed: str, html: str) -> None:
    assert flat(render(typed, "en")) == html


def test_line_ends_count_in_comments() -> None:
    assert comment_html("one\ntwo", "en") == "<p>one<br>\ntwo</p>\n"
    assert post_html("one\ntwo", "en") == "<p>one\ntwo</p>\n"


@pytest.mark.parametrize("typed", ["# A title", "A title\n=======", "---", "| a |\n|---|\n| b |", "a[^1]\n\n[^1]: b c"])
def test_comments_have_no_layout(typed: str) -> None:
    assert {element.tag for element in elements(comment_html(typed, "en"))} <= {"p", "br"}


def test_pictures_in_comments_are_links() -> None:
    assert links(comment_html("![a cat](https://a.fr/cat.png)")) == ["https://a.fr/cat.png"]


# Raw HTML


@RENDERERS
@pytest.mark.parametrize(
    "typed",
    [
        "<b>bold</b>",
        "<script>alert(1)</script>",
        "a <!-- b --> c",
        "<p onclick=x>",
        "<?php ?>",
        "<![CDATA[a]]>",
        "</p>",
    ],
)
def test_raw_html_stays_text(render: Render, typed: str) -> None:
    (paragraph,) = elements(render(typed, "en"))

    assert paragraph.text == typed


@RENDERERS
def test_entities_stay_what_they_say(render: Render) -> None:
    (paragraph,) = elements(render("&lt;b&gt; &amp;amp; &copy; &#x3C;i&#62; AT&T &unknown;", "en"))

    assert paragraph.text == "<b> &amp; © <i> AT&T &unknown;"


# Links


@RENDERERS
@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("[a](https://a.fr)", "https://a.fr"),
        ("[a](<https://a.fr/b c> 'title')", "https://a.fr/b%20c"),
        ("[a]\n\n[a]: http://a.fr", "http://a.fr"),
        ("<https://a.fr/?b=c&d=e>", "https://a.fr/?b=c&d=e"),
        ("[mail](mailto:bob@example.org)", "mailto:bob@example.org"),
        ("[there](/posts/the-garden#comment-1)", "/posts/the-garden#comment-1"),
        ("see https://a.fr/b, yes", "https://a.fr/b"),
        ("see https://a.museum.paris/b.", "https://a.museum.paris/b"),
        ("(http://a.fr/b_(c))", "http://a.fr/b_(c)"),
        ("(http://a.fr)", "http://a.fr"),
        ("see www.example.org/a", "http://www.example.org/a"),
        ("see http://example.org:8080", "http://example.org:8080"),
        ("« www.évêque.fr »", "http://www.évêque.fr"),
    ],
)
def test_addresses_become_links(render: Render, typed: str, address: str) -> None:
    assert links(render(typed, "fr")) == [address]


@RENDERERS
@pytest.mark.parametrize(
    "typed",
    [
        "[a](javascript:alert(1))",
        "[a](JAVASCRIPT:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](javascript&colon;alert(1))",
        "[a]( javascript:alert(1))",
        "[a](javascript:123)",
        "[a](vbscript:x)",
        "[a](data:text/html,x)",
        "[a](data:image/png;base64,x)",
        "[a](file:///etc/passwd)",
        "[a](ftp://a.b)",
        "[a](tel:12)",
        "[a](localhost:80)",
        "[a](blob:x)",
        "[a](http://[)",
        "[a](http://a.fr:99999)",
        "[a]\n\n[a]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "<vbscript:x>",
        "javascript:123 data:1 tel:12 ftp://a",
        "http://a.fr:99999",
        "bob@example.org",
        "`https://a.fr`",
        "    https://a.fr",
    ],
)
def test_other_addresses_stay_text(render: Render, typed: str) -> None:
    html = render(typed, "en")

    assert links(html) == []
    assert "".join(next(elements(html)).itertext()).strip()


@pytest.mark.parametrize("typed", ["[a](https://a.fr)", "https://a.fr", "<https://a.fr>", "[a](/here)", "www.a.fr"])
def test_links_say_whose_they_are(typed: str) -> None:
    (in_comment,) = (e for e in elements(comment_html(typed)) if e.tag == "a")
    (in_post,) = (e for e in elements(post_html(typed)) if e.tag == "a")

    assert in_comment.get("rel") == "nofollow ugc noopener"
    assert in_post.get("rel") == "noopener"


def test_links_are_counted() -> None:
    html = comment_html("[a](https://a.fr) www.b.fr fin.Il http://c.shop `d.fr` <a href=x> [e](javascript:1)")

    assert link_count(html) == len(links(html)) == 3


# Posts


def test_headings_are_lowered() -> None:
    html = post_html("# a\n## b\n### c\n#### d\n##### e\n###### f\n\ng\n=\n\nh\n-", "en")

    assert [(e.tag, e.text) for e in elements(html)] == [
        ("h2", "a"),
        ("h2", "b"),
        ("h3", "c"),
        ("h4", "d"),
        ("h4", "e"),
        ("h4", "f"),
        ("h2", "g"),
        ("h2", "h"),
    ]


CITED = '<figure class="quote"><blockquote>{}</blockquote><figcaption>{}</figcaption></figure>'


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("> a\n>\n> — Zola", CITED.format("<p>a</p>", "— Zola")),
        ("> a\n>\n> -- *Zola*, 1898", CITED.format("<p>a</p>", "— <em>Zola</em>, 1898")),
        ("> a\n>\n> –Zola", CITED.format("<p>a</p>", "— Zola")),
        ("> - a\n> - b\n>\n> — Zola", CITED.format("<ul><li>a</li><li>b</li></ul>", "— Zola")),
        ("> ```\n> a\n> ```\n> — Zola", CITED.format("<pre><code>a\n</code></pre>", "— Zola")),
        ("- > a\n  >\n  > — Zola\n- b", f"<ul><li>{CITED.format('<p>a</p>', '— Zola')}</li><li>b</li></ul>"),
        (
            "> a\n>\n> > b\n> >\n> > — Zola\n>\n> — Hugo",
            CITED.format(f"<p>a</p>{CITED.format('<p>b</p>', '— Zola')}", "— Hugo"),
        ),
        ("> > b\n>\n> — Hugo", CITED.format("<blockquote><p>b</p></blockquote>", "— Hugo")),
        (
            "> > b\n> >\n> > — Zola\n>\n> c",
            f"<blockquote>{CITED.format('<p>b</p>', '— Zola')}<p>c</p></blockquote>",
        ),
        (
            "> a\n>\n> — Zola\n\nand\n\n> b\n>\n> — Hugo",
            f"{CITED.format('<p>a</p>', '— Zola')}<p>and</p>{CITED.format('<p>b</p>', '— Hugo')}",
        ),
    ],
)
def test_quotations_name_their_source(typed: str, html: str) -> None:
    assert flat(post_html(typed, "en")) == html


def test_dialogue_has_no_source() -> None:
    html = post_html("> — Bonjour.\n>\n> — Bonsoir.")

    assert "<figure" not in html


@pytest.mark.parametrize(
    "typed",
    [
        ">",
        "> a",
        "> — a",
        "> a\n> — b",
        "> a\n>\n> —",
        "> a\n>\n> -b",
        "> a\n>\n> — b\n>\n> c",
        "> # — a",
        "> ---",
        "> ```\n> — a\n> ```",
        "> - a\n>\n>   — b",
        ">     — a",
        "> [^1]\n\n[^1]: > a",
    ],
)
def test_other_quotations_stay_plain(typed: str) -> None:
    html = post_html(typed, "en")

    assert "<blockquote>" in html
    assert "figure" not in html


def test_source_may_be_a_link() -> None:
    assert links(post_html("> a\n>\n> — [*Germinal*](https://a.fr), Zola")) == ["https://a.fr"]


def test_footnotes_lead_both_ways() -> None:
    html = post_html("a[^x] b[^y] c[^x]\n\n[^x]: One\n[^y]: Two *and* more", "en")

    ids = {element.get("id") for element in elements(html)} - {None}
    assert links(html) == ["#fn1", "#fn2", "#fn1", "#fnref1", "#fnref1:1", "#fnref2"]
    assert {address.removeprefix("#") for address in links(html)} == ids
    assert '<section class="footnotes">' in html
    assert "Two <em>and</em> more" in html


def test_tables_keep_their_alignment() -> None:
    html = flat(post_html("|a|b|c|d|\n|:-|:-:|-:|-|\n|1|2|3|*4*|", "en"))

    assert html == (
        "<table><thead><tr>"
        '<th class="align-left">a</th><th class="align-center">b</th><th class="align-right">c</th><th>d</th>'
        "</tr></thead><tbody><tr>"
        '<td class="align-left">1</td><td class="align-center">2</td><td class="align-right">3</td>'
        "<td><em>4</em></td></tr></tbody></table>"
    )


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("![a *cat*](https://a.fr/c.png)", '<a href="https://a.fr/c.png" rel="noopener">a cat</a>'),
        (
            "![](https://a.fr/c.png)",
            '<a href="https://a.fr/c.png" rel="noopener">https://a.fr/c.png</a>',
        ),
        ("[![a cat](https://a.fr/c.png)](https://b.fr)", '<a href="https://b.fr" rel="noopener">a cat</a>'),
        ("[b *![a cat](c.png)* d](https://b.fr)", '<a href="https://b.fr" rel="noopener">b <em>a cat</em> d</a>'),
        ("![a cat](javascript:alert(1))", "![a cat](javascript:alert(1))"),
        ("![a cat](data:image/png;base64,AAAA)", "![a cat](data:image/png;base64,AAAA)"),
    ],
)
def test_pictures_become_links(typed: str, html: str) -> None:
    assert post_html(typed, "en") == f"<p>{html}</p>\n"


# The text itself


def test_source_takes_one_form() -> None:
    typed = "e\u0301te\u0301\r\na\x00b\x07c\x1b[31md\x7fe\ud800f\uffffg\ttab 👍 سلام"

    assert clean_source(typed) == "été\nabc[31mdefg\ttab 👍 سلام"
    assert clean_source(clean_source(typed)) == clean_source(typed)


@RENDERERS
@pytest.mark.parametrize(
    "typed", ["\x00", "a\x00b", "\ud800", "a\ufffe", "\r", "\u2028", "\x85", "\u202e", "&#0;", "&#xD800;"]
)
def test_strange_characters_are_rendered(render: Render, typed: str) -> None:
    render(typed).encode()

    assert faults(render(typed), post=True) == []


@RENDERERS
def test_threads_render_the_same(render: Render) -> None:
    """The parsers keep a state while they work: those of simultaneous requests do not meet."""
    texts = [f'**{n}** [a](https://a.fr/{n}) <b> "q"\n\n> q\n>\n> — {n}' for n in range(12)]
    alone, together = [render(text) for text in texts], {}
    start = threading.Barrier(4)

    def work(share: int) -> None:
        start.wait()
        for text in texts[share::4] * 3:
            together[text] = render(text)

    workers = [threading.Thread(target=work, args=(share,)) for share in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [together[text] for text in texts] == alone


# Whatever is typed

MARKDOWN = """* ** _ __ ~~ ` ``` ~~~ > >> - 1. 9999999. # #### --- === | :-: \\ [ ] ( ) ![ ]( [^1] [^1]: ^[ <http://a.fr>
    http://a.fr/' www.a.fr a.fr bob@a.fr javascript: data:text/html, &amp; &#x6A; &lt; " ' — -- : ; ! ? « » a é 1
    \u202e \x80 \ufdd0 \ud800"""
MARKUP = """<b <p> </p> <script> </script> <img <svg <math <style> </style> <a <iframe <!-- --> <![CDATA[ ]]> <? ?>
    <br/> <ol <table> <td> <form> <textarea> <title> <noscript> <template> <select> <mtext> <mglyph> <annotation-xml
    <foreignObject> src= href= href="javascript:alert(1)" href='data: onerror= onclick=alert(1) style= class="quote"
    class=x id=fn1 id=x start=3 start=x rel=opener srcdoc= xlink:href= " ' > < / = & &lt; &#60; &quot;
    javascript:alert(1) http://a.fr a x"""
SPACES = (" ", "\n", "\n\n", "    ", "\n> ", "\n- ", "\n\n> — ", "|-|-|\n", "\t", "\x00", "\x0c", "\u00a0")


def made_of(words: str) -> st.SearchStrategy[str]:
    """Texts that stumble from one word with a meaning into the next."""
    return st.lists(st.sampled_from([*words.split(), *SPACES]), max_size=40).map("".join)


TEXTS = st.one_of(st.text(max_size=200), made_of(MARKDOWN), made_of(MARKUP), made_of(f"{MARKDOWN} {MARKUP}"))
LANGUAGES = st.sampled_from(["fr", "en"])


@given(TEXTS, LANGUAGES)
def test_any_comment_is_safe(text: str, language: str) -> None:
    html = comment_html(text, language)

    assert faults(html, post=False) == []
    assert comment_html(text, language) == html
    assert link_count(html) == len(links(html))


@given(TEXTS, LANGUAGES)
def test_any_post_is_safe(text: str, language: str) -> None:
    html = post_html(text, language)

    assert faults(html, post=True) == []
    assert post_html(text, language) == html


@given(st.from_regex(markdown._PLAIN_ADDRESS, fullmatch=True))
def test_plain_address_is_normal_already(address: str) -> None:
    assert normalizeLink(address) == address


@given(TEXTS, LANGUAGES)
def test_shortcuts_change_nothing(text: str, language: str) -> None:
    """A parser that stops at every sign, asks every rule and leaves all apostrophes to the smart quotes."""
    parser = markdown.comment_parser.__wrapped__(language == "fr", markup._leads_somewhere)
    parser.inline.terminator_re = ParserInline().terminator_re
    parser.core.ruler.at("inline", inline)
    parser.core.ruler.disable(["apostrophes"])

    html = parser.render(clean_source(text), {"language": language})

    assert markup._sanitise(html, markup.COMMENT) == comment_html(text, language)


# Two gates in a row

HOSTILE = '<p onclick="alert(1)">x<script>alert(2)</script><a href="javascript:alert(3)">y</a></p>'


@pytest.fixture
def careless_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Markdown parser that lets raw HTML through, as a wrong option or a bug of its own would."""
    parser = MarkdownIt("commonmark", {"html": True})
    monkeypatch.setattr(markdown, "comment_parser", lambda *_: parser)
    monkeypatch.setattr(markdown, "post_parser", lambda *_: parser)


def open_first_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup.Cleaner, "clean", lambda self, html: html)


def open_second_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "_second_gate", lambda html, allowed: html)


def is_hostile(html: str) -> bool:
    return any(word in html for word in ("<script", "onclick", "javascript:"))


@RENDERERS
@pytest.mark.usefixtures("careless_parser")
def test_first_gate_holds_alone(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    open_second_gate(monkeypatch)

    assert not is_hostile(render(HOSTILE))


@RENDERERS
@pytest.mark.usefixtures("careless_parser")
def test_second_gate_holds_alone(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    open_first_gate(monkeypatch)

    assert not is_hostile(render(HOSTILE))


@RENDERERS
@pytest.mark.usefixtures("careless_parser")
def test_without_gates_nothing_holds(render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else than the two gates stops raw HTML: the two tests above say what they seem to say."""
    open_first_gate(monkeypatch)
    open_second_gate(monkeypatch)

    assert HOSTILE in render(HOSTILE)


@RENDERERS
@given(html=made_of(MARKUP))
def test_gates_stop_any_markup(render: Render, html: str) -> None:
    """The same fuzz without a Markdown parser before the gates."""
    allowed = markup.COMMENT if render is comment_html else markup.POST

    cleaned = markup._sanitise(clean_source(html), allowed)

    assert [fault for fault in faults(cleaned, post=True) if fault != "a link to nowhere"] == []


# Whoever wants to keep the server busy

LONG = 10_000
BUSY = {
    "quotations in quotations": ">" * LONG,
    "quotations line by line": "> a\n" * 2_500,
    "quotations with a source": "> a\n>\n> — b\n\n" * 700,
    "empty quotations": ">\n" * 5_000,
    "brackets": "[" * 5_000 + "]" * 5_000,
    "pictures in pictures": "![" * 2_500 + "](b)" * 1_250,
    "links": "[a](b)" * 1_600,
    "bare links": "a.fr " * 2_000,
    "open links": "[a](" * 2_500,
    "open titles": '[a](b "' * 1_400,
    "stars": "*" * LONG,
    "stars and words": "*a **a " * 1_400,
    "crossed marks": "*_" * 5_000,
    "backticks": "`" * LONG,
    "more and more backticks": " ".join("`" * n for n in range(1, 140)),
    "lists in lists": "- " * 5_000 + "a",
    "items": "-\n" * 5_000,
    "tables": "|".join("a" * 100) + "\n" + "|".join("-" * 100) + "\n" + "a\n" * 150,
    "notes": "".join(f"a[^{n}]" for n in range(500)) + "\n\n" + "\n\n".join(f"[^{n}]: b" for n in range(500)),
    "one note": "[^1]" * 600 + "\n\n[^1]: a",
    "notes in notes": "^[a" * 3_000,
    "parentheses": "(" * LONG,
    "hyphens": "a-" * 5_000,
    "dots": "a." * 5_000,
    "at signs": "a@" * 5_000,
    "a long address": "http://a.fr/" + "a" * LONG,
    "an address in parentheses": "http://a.fr/" + "()" * 5_000,
    "angle brackets": "<" * LONG,
    "open tags": "<a " * 3_333,
    "open comments": "<!--" * 2_500,
    "entities": "&#1;" * 2_500,
    "quotation marks": "'\"" * 5_000,
    "no-break spaces": "a" + "\u00a0" * LONG + "b",
    "spaces": "a" + " " * LONG + "b",
    "accents": "e" + "\u0301" * LONG,
    "ligatures": "\ufdfa" * LONG,
}


@RENDERERS
@pytest.mark.parametrize("text", BUSY.values(), ids=BUSY.keys())
def test_busy_work_stays_small(render: Render, text: str) -> None:
    """Ten thousand characters become a page, not a flood; what takes long is seen with `--durations`."""
    html = render(text)

    assert len(html) < (200_000 if render is comment_html else 1_000_000)
