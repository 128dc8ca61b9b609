"""The judge of HTML sees what it is there to see."""

import pytest
from html5lib.html5parser import ParseError

from .judge import faults


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        '<p onclick="alert(1)">x</p>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java\tscript:alert(1)">x</a>',
        '<a href="jav&#x0A;ascript&colon;alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="VBScript:x">x</a>',
        '<a rel="noopener">x</a>',
        '<a href="https://a.fr" rel="opener">x</a>',
        '<a href="https://a.fr" style="color: red">x</a>',
        "<svg></svg>",
        "<math></math>",
        "<style></style>",
        "<form></form>",
        "<!-- a comment -->",
        '<p id="flash">x</p>',
        '<p class="admin">x</p>',
        '<ol start="9999999"></ol>',
    ],
)
@pytest.mark.parametrize("post", [False, True])
def test_judge_sees_what_is_wrong(html: str, post: bool) -> None:
    assert faults(html, post=post)


@pytest.mark.parametrize(
    "html", ["</p>", "<em>", "\x01", "<em><strong></em></strong>", "<a href='/x'><a href='/y'></a></a>"]
)
def test_judge_wants_whole_elements(html: str) -> None:
    with pytest.raises(ParseError):
        faults(html, post=True)


def test_judge_lets_the_rest_pass() -> None:
    html = '<p>A &amp; <em>B</em><br>\n<a href="https://a.fr/?a=1&amp;b" rel="noopener">c</a></p>\n'

    assert faults(html, post=False) == []
