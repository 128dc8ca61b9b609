"""Every transition of a comment is decided, one cell at a time."""

from itertools import product

import pytest

from agora.rules.moderation import (
    DECISION_NAMES,
    EDITABLE,
    RESTRICTIONS,
    STATE_NAMES,
    Decision,
    Party,
    State,
    decisions_for,
    next_state,
)

# Written out a second time, in words: what is not listed here is not possible.
ALLOWED = {
    "pending, approve, moderator": "published",
    "pending, reject, moderator": "rejected",
    "pending, spam, moderator": "rejected",
    "published, hide, moderator": "hidden",
    "published, spam, moderator": "hidden",
    "hidden, restore, moderator": "published",
    "rejected, restore, moderator": "published",
    "published, keep, moderator": "published",
    "hidden, keep, moderator": "hidden",
    "rejected, keep, moderator": "rejected",
    "pending, withdraw, commenter": "withdrawn",
    "published, withdraw, commenter": "withdrawn",
    "pending, approve, policy": "published",
    "published, hold, policy": "pending",
    "pending, spam, policy": "rejected",
} | {
    f"{state}, erase, {party}": "erased"
    for state in ("pending", "published", "rejected", "hidden", "withdrawn")
    for party in ("commenter", "administrator")
}


@pytest.mark.parametrize(("state", "decision", "party"), list(product(State, Decision, Party)))
def test_every_transition_is_decided(state: State, decision: Decision, party: Party) -> None:
    assert next_state(state, decision, party) == ALLOWED.get(f"{state}, {decision}, {party}")


@pytest.mark.parametrize(
    ("state", "party", "decisions"),
    [
        (State.PENDING, Party.MODERATOR, [Decision.APPROVE, Decision.REJECT, Decision.SPAM]),
        (State.PUBLISHED, Party.MODERATOR, [Decision.HIDE, Decision.SPAM, Decision.KEEP]),
        (State.REJECTED, Party.MODERATOR, [Decision.RESTORE, Decision.KEEP]),
        (State.PUBLISHED, Party.COMMENTER, [Decision.WITHDRAW, Decision.ERASE]),
        (State.HIDDEN, Party.COMMENTER, [Decision.ERASE]),
    ],
)
def test_decisions_follow_the_table(state: State, party: Party, decisions: list[Decision]) -> None:
    assert decisions_for(state, party) == decisions


@pytest.mark.parametrize("party", Party)
@pytest.mark.parametrize("state", [State.WITHDRAWN, State.ERASED])
def test_what_left_stays_away(state: State, party: Party) -> None:
    assert set(decisions_for(state, party)) <= {Decision.ERASE}


@pytest.mark.parametrize("party", Party)
def test_what_is_erased_stays_so(party: Party) -> None:
    assert decisions_for(State.ERASED, party) == []


def test_commenters_never_judge_themselves() -> None:
    own = {decision for state in State for decision in decisions_for(state, Party.COMMENTER)}

    assert own == {Decision.WITHDRAW, Decision.ERASE}


def test_only_judgements_are_restrictions() -> None:
    assert {decision for decision in Decision if decision in RESTRICTIONS} == {Decision.REJECT, Decision.HIDE}


def test_judged_texts_are_not_edited() -> None:
    assert {state for state in State if state in EDITABLE} == {State.PENDING, State.PUBLISHED}


def test_every_button_has_a_name() -> None:
    buttons = {decision for state in State for decision in decisions_for(state, Party.MODERATOR)}

    assert buttons <= set(DECISION_NAMES)
    assert set(STATE_NAMES) == set(State)
