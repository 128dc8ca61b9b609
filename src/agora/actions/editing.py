"""Editing a comment, as its writer does while that is possible: a new text passes the whole policy again."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agora.actions import cases, judging, measures, opinions
from agora.actions.judging import REPEAT, Text
from agora.rules import markup, policy
from agora.rules.errors import N_, Conflict, FieldErrors
from agora.rules.moderation import EDITABLE, Party, State
from agora.rules.policy import SiteRules, Submission, Verdict
from agora.settings import Settings
from agora.store import comment_changes, commenting, events, versions
from agora.store.comments import Comment


def may_edit(comment: Comment, settings: Settings, now: datetime) -> bool:
    """Whether the commenter may still change the text."""
    return comment.state in EDITABLE and now < edit_until(comment, settings)


def edit_until(comment: Comment, settings: Settings) -> datetime:
    return comment.created_at + timedelta(minutes=settings.edit_minutes)


def edit_comment(
    session: Session,
    comment: Comment,
    body: str,
    rules: SiteRules,
    settings: Settings,
    *,
    text: Text | None = None,
    whence: str,
    now: datetime,
) -> None:
    """A new revision, which passes the whole policy again. `comment` comes in full; `text` is made ready of `body`.

    Raises FieldErrors or Refused.
    """
    if not may_edit(comment, settings, now):
        raise Conflict(N_("This comment can no longer be edited."))
    if trouble := judging.text_trouble(body):
        raise FieldErrors({"body": trouble})
    if markup.clean_source(body) == comment.revision.body:
        return
    text = text or judging.made_ready(body, comment.language, rules)
    verdict = _with_doubts_about_sender(comment, _verdict_on_edit(session, comment, text, rules, whence, now))
    judging.refuse_blocked(verdict)
    reasons = [reason.as_data() for reason in verdict.reasons]
    revision_id = comment_changes.add_revision(
        session,
        comment.id,
        number=comment.revision.number + 1,
        body=text.body,
        html=text.html,
        renderer=markup.RENDERER_VERSION,
        reasons=reasons,
        created_at=now,
    )
    if not comment_changes.change_text(
        session, comment, revision_id=revision_id, fingerprint=text.fingerprint, edited_at=now
    ):
        raise Conflict(N_("This comment changed meanwhile: somebody else decided, or its text was edited."))
    if comment.published_at is not None:
        versions.touch(session, versions.COMMENTS, versions.of_post(comment.post_id))
    event = events.record(
        session,
        "comment.edited",
        at=now,
        comment_id=comment.id,
        post_id=comment.post_id,
        revision_id=revision_id,
        party=Party.COMMENTER,
        details={"reasons": reasons, "policy": verdict.policy_id},
    )
    opinions.ask(session, event, comment, rules)
    judging.follow_verdict(session, comment, verdict, now)
    if comment.state is State.PENDING:
        cases.refresh(session, comment, now=now)


def _verdict_on_edit(
    session: Session, comment: Comment, text: Text, rules: SiteRules, whence: str, now: datetime
) -> Verdict:
    submission = Submission(
        text=text.body,
        findings=text.findings,
        link_count=text.link_count,
        spam_score=text.spam_score,
        trusted=comment.person_id is not None,
        sender_held=_is_held(session, comment, now),
        repeats=commenting.same_words(session, text.fingerprint, since=now - REPEAT, but=comment.id),
        **judging.standing(session, comment.commenter, whence, rules, but=comment.id),
    )
    return policy.first_state(submission, rules)


def _is_held(session: Session, comment: Comment, now: datetime) -> bool:
    """Raises UnderMeasure where a measure stands in the way."""
    who = {"commenter_id": comment.commenter_id, "person_id": comment.person_id}
    return measures.is_held(session, **who, source=comment.source, is_theirs=False, now=now)


def _with_doubts_about_sender(comment: Comment, verdict: Verdict) -> Verdict:
    """What waits because of how it was sent goes on waiting: another text does not answer that."""
    if comment.state is not State.PENDING:
        return verdict
    found = {reason.code for reason in verdict.reasons}
    doubts = [reason for reason in comment.revision.why if reason.code in policy.ABOUT_THE_SENDER - found]
    return replace(verdict, state=State.PENDING, reasons=(*doubts, *verdict.reasons)) if doubts else verdict
