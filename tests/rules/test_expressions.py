"""Administrators' expressions find what they describe, and none of them can hold up the site."""

import re
import threading

import pytest
from bench.evil import EXPRESSIONS, TEXTS

from agora.rules.expressions import expressions_in, seek
from agora.rules.policy import Mode, Reason, SiteRules, Submission, first_state


def found(text: str, *entries: str) -> list[str]:
    return [expression.entry for expression in seek(expressions_in(entries), text).found]


def test_expression_is_found_whatever_its_case() -> None:
    assert found("Achetez du VIAAGRA", "/via+gra/", "viagra", "/x/") == ["/via+gra/"]


@pytest.mark.parametrize("text", ["vi\u200bagra", "ｖｉａｇｒａ", "vi\u00adagra"])
def test_invisible_letters_hide_nothing(text: str) -> None:
    assert found(text, "/viagra/") == ["/viagra/"]


def test_evil_expressions_are_evil() -> None:
    """They are no straw men: the standard library's engine would be busy for ever with most of them."""
    busy = re.compile(EXPRESSIONS[0])
    thread = threading.Thread(target=lambda: busy.search("a" * 22 + "!"))  # 22 letters are a moment; 10,000 are not
    thread.start()
    thread.join(timeout=60)

    assert not thread.is_alive()


def test_expressions_share_one_budget() -> None:
    """With a budget of nothing nothing is looked for, and that is said."""
    sought = seek(expressions_in(["/a/", "/b/"]), "a", budget=0)

    assert not sought.found
    assert [expression.line for expression in sought.left] == [1, 2]


def test_time_out_is_a_reason_to_hold() -> None:
    rules = SiteRules(Mode.POST, held_words=("casino", f"/{EXPRESSIONS[0]}/"))

    verdict = first_state(Submission(TEXTS[0]), rules)

    assert verdict.reasons == (Reason("slow-rule", {"rule": 2, "expression": "/(a+)+$/"}),)


def test_every_pair_ends() -> None:
    """That it ends is what is tested here; how long it takes is measured by bench/expressions.py."""
    evil = expressions_in(f"/{source}/" for source in EXPRESSIONS)
    assert len(evil) == len(TEXTS) == 20
    for text in TEXTS[::5]:
        sought = seek(evil, text)
        assert sought.slow or sought.left or len(sought.found) < 20
