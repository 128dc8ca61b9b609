"""How a comment comes to be: what is asked of it, what the policy says, what is written and who is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agora.actions import cases, judging, letters, measures, opinions, subscriptions
from agora.actions.judging import REPEAT, Sender, Text
from agora.rules import limits, markup, policy, urls
from agora.rules.errors import N_, FieldErrors, Message, Refused
from agora.rules.moderation import State
from agora.rules.policy import Mode, SiteRules, Submission, Verdict
from agora.store import comment_changes, commenting, database, events, kept_sources, versions
from agora.store.commenting import Discussion, Known, Place
from agora.store.comments import Comment
from agora.store.people import Person
from agora.store.posts import Post

# Within this time the same form from the same source is one comment, sent twice.
DOUBLE_SUBMIT = timedelta(minutes=30)


@dataclass(frozen=True)
class CommentDraft:
    """What the comment form says; `source` is the keyed hash of the network, `whence` that of network and browser."""

    name: str
    email: str
    body: str
    website: str = ""
    parent_id: int | None = None
    letters: bool = False
    trap_filled: bool = False
    source: str = ""
    whence: str = ""
    address: str = ""  # of the network, as the law asks hosts to keep it for a time; empty: nothing is kept
    port: int | None = None


def check(post: Post | Discussion, draft: CommentDraft, rules: SiteRules, *, signed_in: bool, now: datetime) -> None:
    """What can be said before a transaction: raises Refused where the discussion is closed, else as `check_draft`."""
    if not judging.takes_comments(post, rules, now):
        raise Refused(N_("This post no longer takes comments."), status=403)
    check_draft(draft, signed_in=signed_in)


def check_draft(draft: CommentDraft, *, signed_in: bool) -> None:
    """Raises FieldErrors for `name`, `email`, `website` and `body`."""
    errors = {} if signed_in else _who_errors(draft)
    if trouble := judging.text_trouble(draft.body):
        errors["body"] = trouble
    if errors:
        raise FieldErrors(errors)


def _who_errors(draft: CommentDraft) -> dict[str, Message]:
    errors = {}
    if not draft.name.strip():
        errors["name"] = Message(N_("Please say how you wish to be named: a first name or a pen name will do."))
    elif len(draft.name) > limits.NAME:
        errors["name"] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.NAME})
    if not urls.email_address(draft.email):
        errors["email"] = Message(N_("This address is not complete; it should look like name@example.org."))
    if draft.website and (not urls.web_address(draft.website) or len(draft.website) > limits.WEBSITE):
        errors["website"] = Message(N_("“%(address)s” is not a web address."), {"address": draft.website[:80]})
    return errors


def post_comment(
    session: Session,
    post: Post | Discussion,
    draft: CommentDraft,
    rules: SiteRules,
    *,
    text: Text | None = None,
    person: Person | None = None,
    now: datetime,
) -> Comment:
    """Add a comment under a post; the policy decides whether it waits for a moderator.

    `text` is the draft's, made ready before. The same form sent twice is one comment: the second time returns the
    first. Raises FieldErrors or Refused.
    """
    check(post, draft, rules, signed_in=person is not None, now=now)
    if text is None or text.language != post.language:
        text = judging.made_ready(draft.body, post.language, rules)
    database.lock(session, f"comment:{post.id}:{draft.source}:{text.fingerprint}")
    sender, known = _sender(session, draft, person, text, now)
    held = known.is_measured and _is_held(session, sender, now)
    if known.repeats and (twin := _twin(session, post, draft, text, sender, now)):
        return twin
    if person is None:
        judging.refuse_haste(session, post, rules, draft.source, now)
    place = _place(session, post, draft.parent_id)
    verdict = policy.first_state(_submission(session, draft, text, sender, held, rules, known.repeats, now), rules)
    judging.refuse_blocked(verdict)
    comment = _new_comment(post, draft, sender, text, place, verdict, rules.mode, now)
    reasons = [reason.as_data() for reason in verdict.reasons]
    comment_changes.add(
        session,
        comment,
        place,
        body=text.body,
        html=text.html,
        renderer=markup.RENDERER_VERSION,
        reasons=reasons,
    )
    if draft.address:
        kept_sources.keep(session, comment.id, address=draft.address, port=draft.port, at=now)
    _tell(session, comment, verdict, rules, now)
    return comment


def _sender(
    session: Session, draft: CommentDraft, person: Person | None, text: Text, now: datetime
) -> tuple[Sender, Known]:
    email = "" if person else urls.email_address(draft.email) or ""
    known = commenting.known_of(
        session,
        email=email,
        person_id=person.id if person else None,
        source=draft.source,
        fingerprint=text.fingerprint,
        since=now - REPEAT,
    )
    address = None if person else known.address or commenting.add_address(session, email, now=now)
    return Sender(person, address, draft.source, draft.whence), known


def _twin(
    session: Session, post: Post | Discussion, draft: CommentDraft, text: Text, sender: Sender, now: datetime
) -> Comment | None:
    found = commenting.same_submission(
        session,
        post_id=post.id,
        parent_id=draft.parent_id,
        source=draft.source,
        fingerprint=text.fingerprint,
        name=_name(draft, sender),
        commenter_id=sender.address.id if sender.address else None,
        person_id=sender.person.id if sender.person else None,
        since=now - DOUBLE_SUBMIT,
    )
    return found[0] if found and found[1] == text.body else None


def _name(draft: CommentDraft, sender: Sender) -> str:
    return sender.person.name if sender.person else draft.name.strip()


def _place(session: Session, post: Post | Discussion, parent_id: int | None) -> Place | None:
    if parent_id is None:
        return None
    place = commenting.place_below(session, parent_id, post.id)
    if place is None:
        gone = N_("The comment you answer is no longer there. Send again to comment on the post itself.")
        raise FieldErrors({"body": Message(gone)})
    return place


def _is_held(session: Session, sender: Sender, now: datetime) -> bool:
    """Raises UnderMeasure where a measure stands in the way."""
    return measures.is_held(
        session,
        commenter_id=sender.address.id if sender.address else None,
        person_id=sender.person.id if sender.person else None,
        source=sender.source,
        # What nobody has shown to be theirs is nobody else's either.
        is_theirs=sender.is_known or sender.address is None or sender.address.verified_at is None,
        now=now,
    )


def _submission(
    session: Session,
    draft: CommentDraft,
    text: Text,
    sender: Sender,
    held: bool,
    rules: SiteRules,
    repeats: int,
    now: datetime,
) -> Submission:
    haste = now - timedelta(minutes=rules.haste_minutes)
    return Submission(
        text=text.body,
        findings=text.findings,
        link_count=text.link_count,
        spam_score=text.spam_score,
        trusted=sender.person is not None,
        sender_held=held,
        trap_filled=draft.trap_filled,
        repeats=repeats,
        recent_from_source=commenting.recent_of_source(session, sender.source, since=haste) if rules.limit_haste else 0,
        **judging.standing(session, sender.address, sender.whence, rules),
    )


def _new_comment(
    post: Post | Discussion,
    draft: CommentDraft,
    sender: Sender,
    text: Text,
    place: Place | None,
    verdict: Verdict,
    mode: Mode,
    now: datetime,
) -> Comment:
    return comment_changes.unwritten(
        post_id=post.id,
        parent_id=place.id if place else None,
        root_id=place.thread_id if place else None,
        commenter_id=sender.address.id if sender.address else None,
        person_id=sender.person.id if sender.person else None,
        name=_name(draft, sender),
        website=(urls.web_address(draft.website) or "") if draft.website else "",
        language=post.language,
        state=verdict.state,
        mode=mode,
        version=1,
        shown_in_thread=0,
        thread_number=None,
        path=None,
        letters=draft.letters and sender.address is not None,
        source=sender.source,
        fingerprint=text.fingerprint,
        created_at=now,
        published_at=now if verdict.state is State.PUBLISHED else None,
        edited_at=None,
    )


def _tell(session: Session, comment: Comment, verdict: Verdict, rules: SiteRules, now: datetime) -> None:
    """Record that a comment came, and leave the letters that follow from it; let the public pages be made anew."""
    reasons = [reason.as_data() for reason in verdict.reasons]
    event = events.record(
        session,
        "comment.posted",
        at=now,
        comment_id=comment.id,
        post_id=comment.post_id,
        revision_id=comment.revision_id,
        person_id=comment.person_id,
        after=comment.state,
        details={"reasons": reasons, "policy": verdict.policy_id},
    )
    if comment.letters and comment.commenter_id:
        subscriptions.ask(session, comment, comment.commenter_id, now=now)
    letters.for_new_comment(session, event, comment, waits=not verdict.rejected)
    opinions.ask(session, event, comment, rules)
    if comment.state is State.PUBLISHED:
        versions.touch(session, versions.COMMENTS, versions.of_post(comment.post_id))
        letters.for_reply(session, event, comment)
    else:
        cases.open_held(session, comment, [reason.code for reason in verdict.reasons], now=now)
        judging.follow_verdict(session, comment, verdict, now)
