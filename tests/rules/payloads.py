"""The lists of attacks that lie beside the checkout, and what our renderers make of each."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from agora.rules import markup
from agora.rules.markup import comment_html, post_html

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "xss"
MISSING = f"NO LISTS OF ATTACKS, SO NONE WAS TRIED: {FOLDER} is missing."


def in_a_link(payload: str) -> str:
    """A comment in which the attack is where a link leads to."""
    return comment_html(f"[x](<{' '.join(payload.split())}>)")


def gates_alone(payload: str) -> str:
    """The attack as raw HTML, past the Markdown parser that would have made it text."""
    return markup._sanitise(markup.clean_source(payload), markup.POST)


WAYS: dict[str, Callable[[str], str]] = {
    "comment": comment_html,
    "post": post_html,
    "in a link": in_a_link,
    "gates alone": gates_alone,
}


@lru_cache(maxsize=1)
def payloads() -> list[str]:
    """Every attack once; without the lists the test is skipped, loudly."""
    if not FOLDER.is_dir():
        pytest.skip(MISSING)
    lines = [line for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return list(dict.fromkeys(json.loads(line)["payload"] for line in lines))


@lru_cache(maxsize=len(WAYS))
def results(way: str) -> dict[str, str]:
    """What becomes of each attack when it goes this way."""
    return {payload: WAYS[way](payload) for payload in payloads()}
