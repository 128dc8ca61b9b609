"""The policy: changing it, and trying out what a change would have done."""

import json
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from agora.actions.judging import REPEAT
from agora.rules import markup, policy
from agora.rules.errors import N_, Conflict
from agora.rules.looking import look_at
from agora.rules.moderation import State
from agora.rules.policy import Mode, Reason, SiteRules, Submission, Verdict
from agora.store import database, events, ledger, policies, versions
from agora.store.people import Person
from agora.store.policies import Judged, Policy, Sent
from agora.tokens import fingerprint

# Comments that are looked at again, and seconds after which no more are.
MOST, PATIENCE = 1_000, 5.0
# Of those that would fare otherwise, so many are shown; all are counted.
SHOWN = 100


def change_policy(
    session: Session, rules: SiteRules, *, base: int | None, by: Person | None, now: datetime
) -> Policy | None:
    """A new version of the policy, if it says something new; what was judged keeps the version that judged it.

    `base` is the version that was edited. Raises Conflict when another is in force meanwhile.
    """
    database.lock(session, "policy")
    current = policies.current_policy(session)
    if (current.id if current else None) != base:
        raise Conflict(N_("Somebody else changed the policy meanwhile. Yours is below; saving again replaces theirs."))
    source = rules.as_source()
    if current and current.source == source:
        return None
    version = Policy(source=source, created_at=now, created_by=by.id if by else None)
    session.add(version)
    session.flush()
    versions.touch(session, versions.SITE)  # which discussions are open
    events.record(session, "policy.changed", at=now, person_id=by.id if by else None, details={"policy": version.id})
    # The lists themselves are not public: they would say how to get past them.
    facts = {"policy": version.id, "sha256": fingerprint(json.dumps(source, sort_keys=True, ensure_ascii=False))}
    ledger.append(session, "policy.changed", at=now, facts=facts | {"role": by.role if by else None})
    return version


class Outcome(StrEnum):
    """What becomes of a comment at first."""

    APPEARS = "appears"
    HELD = "held"
    BLOCKED = "blocked"
    REJECTED = "rejected"


OUTCOME_NAMES = {
    Outcome.APPEARS: N_("appears"),
    Outcome.HELD: N_("waits"),
    Outcome.BLOCKED: N_("is not taken"),
    Outcome.REJECTED: N_("is rejected"),
}


@dataclass(frozen=True)
class Change:
    """A comment that would fare otherwise, and the reasons for which."""

    comment: Judged
    before: Outcome
    after: Outcome
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Trial:
    """What a changed policy would have done; `was_cut` if time ran out before all comments were seen."""

    looked_at: int
    changes: list[Change]
    counts: Mapping[tuple[Outcome, Outcome], int]
    was_cut: bool


def try_out(session: Session, before: SiteRules, after: SiteRules, *, patience: float = PATIENCE) -> Trial:
    """Judge the last comments by both, and say which fare otherwise. Writes nothing.

    Texts are looked at anew. How often somebody sent something is counted among these comments; what was known of
    the sender is taken from the reasons that were kept.
    """
    surroundings = _Surroundings(policies.latest_sent(session, MOST))
    by_mode = [{mode: replace(rules, mode=mode) for mode in Mode} for rules in (before, after)]
    ends = time.perf_counter() + patience
    changes, counts, looked_at = list[Change](), Counter[tuple[Outcome, Outcome]](), 0
    for comment in policies.latest_judged(session, MOST):
        if time.perf_counter() > ends:
            break
        looked_at += 1
        moved = comment.follows_site and comment.mode is before.mode
        modes = comment.mode, after.mode if moved else comment.mode
        old, new = (surroundings.verdict(comment, rules[mode]) for rules, mode in zip(by_mode, modes, strict=True))
        if (was := _outcome(old)) is not (will_be := _outcome(new)):
            counts[was, will_be] += 1
            if len(changes) < SHOWN:
                changes.append(Change(comment, was, will_be, _reasons(old, new)))
    return Trial(looked_at, changes, counts, looked_at < surroundings.count)


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.blocked:
        return Outcome.BLOCKED
    if verdict.rejected:
        return Outcome.REJECTED
    return Outcome.HELD if verdict.state is State.PENDING else Outcome.APPEARS


def _reasons(old: Verdict, new: Verdict) -> tuple[Reason, ...]:
    """Why it would fare so; where nothing speaks against it any more, what did."""
    return (*new.blocked, *new.reasons) or (*old.blocked, *old.reasons)


class _Surroundings:
    """What else was sent around each of these comments."""

    def __init__(self, sent: Sequence[Sent]) -> None:
        self.count = len(sent)
        self._of_source: dict[str, list[datetime]] = defaultdict(list)
        self._of_words: dict[str, list[datetime]] = defaultdict(list)
        for source, words, at in reversed(sent):
            if source:  # which is forgotten after a time
                self._of_source[source].append(at)
            self._of_words[words].append(at)

    def verdict(self, comment: Judged, rules: SiteRules) -> Verdict:
        return policy.first_state(self._submission(comment, rules), rules)

    def _submission(self, comment: Judged, rules: SiteRules) -> Submission:
        codes = {reason["code"]: reason for reason in comment.reasons}
        haste = timedelta(minutes=rules.haste_minutes)
        return Submission(
            comment.body,
            findings=look_at(comment.body, rules),
            link_count=markup.link_count(comment.html),
            trap_filled="trap" in codes,
            sender_held="sender-held" in codes,
            repeats=_earlier(self._of_words.get(comment.fingerprint, []), comment.created_at, REPEAT),
            recent_from_source=_earlier(self._of_source.get(comment.source, []), comment.created_at, haste),
            spam_score=codes["spam"]["percent"] / 100 if "spam" in codes else None,
            **_standing(comment, codes),
        )


def _earlier(moments: list[datetime], at: datetime, span: timedelta) -> int:
    return bisect_left(moments, at) - bisect_left(moments, at - span)


def _standing(comment: Judged, codes: Mapping[str, Any]) -> dict[str, Any]:
    """What was known of the address: as the reasons say, or as its earlier comments do where nobody asked."""
    asked = comment.mode is Mode.FIRST_TIME
    approved = "first-comment" not in codes if asked else comment.had_approved
    verified = approved and "unverified" not in codes if asked else comment.verified
    return {
        "approved_of_address": int(approved),
        "address_verified": verified,
        "address_proven": verified and "elsewhere" not in codes,
    }
