"""Why the spam filter thinks so, in words for a moderator."""

import json
from pathlib import Path

import pytest

from agora.rules.spam import Memory
from agora.rules.spam_topics import TOPICS
from agora.store.spam import prior
from agora.web.presenters.spam import SENTENCES, TOPIC_SENTENCES, why_spam

COMMENTS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "comments.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_every_topic_has_a_sentence() -> None:
    assert TOPIC_SENTENCES.keys() == TOPICS.keys()


def test_every_matter_has_a_sentence() -> None:
    filter_ = Memory(prior())
    told = {
        code
        for comment in COMMENTS
        for code, _, _ in filter_.score(comment["text"], name="Anna Casino", website="https://a.example/b").why
    }
    assert told <= SENTENCES.keys() | {"topic"}
    assert len(told) > 12


@pytest.mark.parametrize(
    ("text", "is_held"), [("Jouez au casino, bonus gratuit !", True), ("Belle idée, la grainothèque.", False)]
)
def test_why_says_for_and_against(text: str, is_held: bool) -> None:
    why = why_spam(Memory(prior()).score(text))
    assert why.is_held is is_held
    assert why.weighed
    assert (why.weighed[0].points > 0) is is_held
    assert why.weighed[0].signed[0] == ("+" if is_held else "−")
