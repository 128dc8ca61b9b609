"""Why the spam filter thinks so, in words for a moderator."""

import json
from pathlib import Path

import pytest
from friends import Site, comment_id_of, comment_on, decide

from agora.rules.moderation import State
from agora.rules.policy import Mode
from agora.rules.spam import Memory
from agora.rules.spam_topics import TOPICS
from agora.store import spam
from agora.store.spam import prior
from agora.web.presenters.spam import SENTENCES, TOPIC_SENTENCES, why_spam

COMMENTS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "comments.jsonl").read_text(encoding="utf-8").splitlines()
]
CASINO = "Play casino online and win big, free bonus, no deposit: https://lucky-casino.example"

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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


@only_sqlite
def test_spam_is_held_and_taught(site: Site) -> None:
    """In a mode in which comments appear at once: what looks like spam waits, and an approval is remembered."""
    post = site.post(moderation=Mode.POST)
    reader = site.client()
    held = site.comment(comment_id_of(site, comment_on(reader, post, CASINO)))
    assert (held.state, [reason.code for reason in held.revision.why]) == (State.PENDING, ["spam"])
    assert decide(site.client_of(site.maud()), held.id, "approve").status_code == 303
    with site.database.read() as session:
        assert spam.taught(session)[:2] == (0, 1)
        assert not spam.score(session, CASINO, name="Bob").is_held
    fine = site.comment(comment_id_of(site, comment_on(reader, post, "What a fine garden.")))
    assert fine.state is State.PUBLISHED
