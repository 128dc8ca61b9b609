"""Comments, as their writers handle them: post, edit, withdraw, confirm one's address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from agora.actions import letters, moderation, subscriptions
from agora.rules import limits, markup, policy, urls
from agora.rules.errors import N_, Conflict, FieldErrors, Message, Refused
from agora.rules.moderation import EDITABLE, Decision, Party, State
from agora.rules.policy import Mode, SiteRules, Submission, Verdict
from agora.settings import Settings
from agora.store import comments, database, events, versions
from agora.store import subscriptions as subscription_store
from agora.store.comments import Comment, Commenter, CommentRevision
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.site import Site
from agora.tokens import fingerprint

# Within this time the same form from the same source is one comment, sent twice.
DOUBLE_SUBMIT = timedelta(minutes=30)
# Within this time the same words elsewhere are a repeat.
REPEAT = timedelta(days=1)


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


def rules_of(post: Post, site: Site, settings: Settings) -> SiteRules:
    """What is asked of comments under this post: its own mode, else the desk's, else the settings'."""
    mode = post.moderation or site.moderation or Mode(settings.moderation)
    return SiteRules(
        mode, max_links=settings.max_links, held_words=settings.held_words, limit_haste=settings.rate_limits
    )


def check_draft(draft: CommentDraft, *, signed_in: bool) -> None:
    """Raises FieldErrors for `name`, `email`, `website` and `body`."""
    errors = {} if signed_in else _who_errors(draft)
    if not draft.body.strip():
        errors["body"] = Message(N_("There is no text yet."))
    elif len(draft.body) > limits.COMMENT:
        errors["body"] = _too_long(len(draft.body))
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


def _too_long(length: int) -> Message:
    return Message(
        N_("The text has %(length)s characters; at most %(limit)s are possible."),
        {"length": length, "limit": limits.COMMENT},
    )


def post_comment(
    session: Session,
    post: Post,
    draft: CommentDraft,
    rules: SiteRules,
    *,
    person: Person | None = None,
    now: datetime,
) -> Comment:
    """Add a comment under a post; the policy decides whether it waits for a moderator.

    The same form sent twice is one comment: the second time returns the first. Raises FieldErrors or Refused.
    """
    if not post.discussion_open:
        raise Refused(N_("This post no longer takes comments."), status=403)
    check_draft(draft, signed_in=person is not None)
    commenter = None if person else _commenter(session, draft.email, now)
    words = _fingerprint(draft.body)
    database.lock(session, f"comment:{post.id}:{draft.source}:{words}")
    if twin := _twin(session, post, draft, words, commenter, person, now):
        return twin
    parent = _parent(session, post, draft.parent_id)
    html = markup.comment_html(draft.body, post.language)
    verdict = _verdict(session, draft, html, words, rules, commenter, person, now)
    comment = Comment(
        post_id=post.id,
        parent_id=parent.id if parent else None,
        root_id=parent.thread_id if parent else None,
        commenter_id=commenter.id if commenter else None,
        person_id=person.id if person else None,
        name=person.name if person else draft.name.strip(),
        website=(urls.web_address(draft.website) or "") if draft.website else "",
        language=post.language,
        state=verdict.state,
        mode=rules.mode,
        version=1,
        shown_in_thread=0,
        letters=draft.letters and commenter is not None,
        source=draft.source,
        fingerprint=words,
        created_at=now,
        published_at=now if verdict.state is State.PUBLISHED else None,
    )
    session.add(comment)
    session.flush()
    revision = _add_revision(session, comment, draft.body, html, verdict, number=1, now=now)
    comment.revision_id = revision.id
    event = events.record(
        session,
        "comment.posted",
        at=now,
        comment_id=comment.id,
        post_id=post.id,
        revision_id=revision.id,
        person_id=person.id if person else None,
        after=verdict.state,
        details={"reasons": revision.reasons},
    )
    if comment.letters and commenter:
        subscriptions.ask(session, comment, commenter, now=now)
    letters.for_new_comment(session, event, comment)
    if verdict.state is State.PUBLISHED:
        comments.count_public_change(session, comment, by=1, now=now)
        versions.touch(session, versions.COMMENTS, versions.of_post(post.id))
        letters.for_reply(session, event, comment)
    return comment


def _commenter(session: Session, email: str, now: datetime) -> Commenter:
    address = urls.email_address(email) or ""
    database.lock(session, f"commenter:{address}")
    commenter = comments.commenter_by_email(session, address)
    if commenter is None:
        commenter = Commenter(email=address, created_at=now, proven_from="")
        session.add(commenter)
        session.flush()
    return commenter


def _fingerprint(body: str) -> str:
    """The same for the same words; where there are none (👍), for the same signs."""
    return fingerprint(policy.fold(body) or body.strip())


def _twin(
    session: Session,
    post: Post,
    draft: CommentDraft,
    words: str,
    commenter: Commenter | None,
    person: Person | None,
    now: datetime,
) -> Comment | None:
    found = comments.same_submission(
        session,
        post_id=post.id,
        parent_id=draft.parent_id,
        source=draft.source,
        fingerprint=words,
        name=person.name if person else draft.name.strip(),
        commenter_id=commenter.id if commenter else None,
        person_id=person.id if person else None,
        since=now - DOUBLE_SUBMIT,
    )
    return found if found and found.revision.body == markup.clean_source(draft.body) else None


def _parent(session: Session, post: Post, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    parent = comments.public_comment(session, parent_id, post.id)
    if parent is None:
        raise FieldErrors(
            {
                "body": Message(
                    N_("The comment you answer is no longer there. Send again to comment on the post itself.")
                )
            }
        )
    return parent


def _verdict(
    session: Session,
    draft: CommentDraft,
    html: Markup,
    words: str,
    rules: SiteRules,
    commenter: Commenter | None,
    person: Person | None,
    now: datetime,
) -> Verdict:
    return policy.first_state(
        Submission(
            text=draft.body,
            link_count=markup.link_count(html),
            trusted=person is not None,
            trap_filled=draft.trap_filled,
            repeats=comments.same_words(session, words, since=now - REPEAT, but=None),
            recent_from_source=_recent(session, draft.source, now),
            **_standing(session, commenter, draft.whence),
        ),
        rules,
    )


def _recent(session: Session, source: str, now: datetime) -> int:
    return comments.recent_of_source(session, source, since=now - timedelta(seconds=limits.HASTY.seconds))


def _standing(session: Session, commenter: Commenter | None, whence: str, *, but: int | None = None) -> dict[str, Any]:
    if commenter is None:
        return {}
    verified = commenter.verified_at is not None
    return {
        "address_verified": verified,
        "address_proven": verified and commenter.proven_from == whence,
        "approved_of_address": comments.approved_of(session, commenter.id, but=but),
    }


def _add_revision(
    session: Session, comment: Comment, body: str, html: Markup, verdict: Verdict, *, number: int, now: datetime
) -> CommentRevision:
    revision = CommentRevision(
        comment_id=comment.id,
        number=number,
        body=markup.clean_source(body),
        html=html,
        renderer=markup.RENDERER_VERSION,
        reasons=[reason.as_data() for reason in verdict.reasons],
        created_at=now,
    )
    session.add(revision)
    session.flush()
    return revision


def may_edit(comment: Comment, settings: Settings, now: datetime) -> bool:
    """Whether the commenter may still change the text."""
    return comment.state in EDITABLE and now < edit_until(comment, settings)


def edit_until(comment: Comment, settings: Settings) -> datetime:
    return comment.created_at + timedelta(minutes=settings.edit_minutes)


def edit_comment(
    session: Session, comment: Comment, body: str, rules: SiteRules, settings: Settings, *, whence: str, now: datetime
) -> None:
    """A new revision, which passes the whole policy again. `comment` comes in full. Raises FieldErrors or Refused."""
    if not may_edit(comment, settings, now):
        raise Conflict(N_("This comment can no longer be edited."))
    if not body.strip():
        raise FieldErrors({"body": Message(N_("There is no text yet."))})
    if len(body) > limits.COMMENT:
        raise FieldErrors({"body": _too_long(len(body))})
    if markup.clean_source(body) == comment.revision.body:
        return
    html = markup.comment_html(body, comment.language)
    words = _fingerprint(body)
    verdict = policy.first_state(
        Submission(
            text=body,
            link_count=markup.link_count(html),
            trusted=comment.person_id is not None,
            repeats=comments.same_words(session, words, since=now - REPEAT, but=comment.id),
            **_standing(session, comment.commenter, whence, but=comment.id),
        ),
        rules,
    )
    verdict = _with_doubts_about_sender(comment, verdict)
    number = comment.revision.number + 1
    revision = _add_revision(session, comment, body, html, verdict, number=number, now=now)
    if not comments.change_text(session, comment, revision_id=revision.id, fingerprint=words, edited_at=now):
        raise Conflict(N_("This comment changed meanwhile: somebody else decided, or its text was edited."))
    if comment.published_at is not None:
        versions.touch(session, versions.COMMENTS, versions.of_post(comment.post_id))
    events.record(
        session,
        "comment.edited",
        at=now,
        comment_id=comment.id,
        post_id=comment.post_id,
        revision_id=revision.id,
        party=Party.COMMENTER,
        details={"reasons": revision.reasons},
    )
    _follow_verdict(session, comment, verdict, now)


def _with_doubts_about_sender(comment: Comment, verdict: Verdict) -> Verdict:
    """What waits because of how it was sent goes on waiting: another text does not answer that."""
    if comment.state is not State.PENDING:
        return verdict
    doubts = [reason for reason in comment.revision.why if reason.code in policy.ABOUT_THE_SENDER]
    return Verdict(State.PENDING, (*doubts, *verdict.reasons)) if doubts else verdict


def _follow_verdict(session: Session, comment: Comment, verdict: Verdict, now: datetime) -> None:
    """After an edit or a confirmed address the policy may hold what stood, or release what waited."""
    moves = {
        (State.PUBLISHED, State.PENDING): Decision.HOLD,
        (State.PENDING, State.PUBLISHED): Decision.APPROVE,
    }
    decision = moves.get((comment.state, verdict.state))
    if decision:
        moderation.decide(session, comment, decision, party=Party.POLICY, version=comment.version, now=now)


def withdraw_comment(session: Session, comment: Comment, *, version: int, now: datetime) -> None:
    """The commenter takes the comment back; its replies keep their place under a note that says so."""
    moderation.decide(session, comment, Decision.WITHDRAW, party=Party.COMMENTER, version=version, now=now)


def confirm_address(session: Session, comment: Comment, rules: SiteRules, *, whence: str, now: datetime) -> None:
    """The commenter has shown that the address is theirs: follow the letters they asked for, and judge anew."""
    commenter = comment.commenter
    if commenter is None:
        return
    commenter.verified_at = commenter.verified_at or now
    commenter.proven_from = whence
    subscriptions.confirm(session, comment, now=now)
    session.flush()
    events.record(session, "address.confirmed", at=now, comment_id=comment.id, post_id=comment.post_id)
    if comment.state is not State.PENDING:
        return
    kept = [reason for reason in comment.revision.why if reason.code not in policy.ABOUT_THE_ADDRESS]
    standing = policy.first_state(Submission(text="", **_standing(session, commenter, whence)), SiteRules(rules.mode))
    _follow_verdict(session, comment, Verdict(State.PENDING, tuple(kept)) if kept else standing, now)


def follow_replies(session: Session, comment: Comment, commenter: Commenter, *, whence: str, now: datetime) -> bool:
    """The commenter wants a letter for each answer. False if a letter must first confirm the address."""
    subscription = subscriptions.ask(session, comment, commenter, now=now)
    if commenter.verified_at is not None and commenter.proven_from == whence:
        subscription.confirmed_at = subscription.confirmed_at or now
    if subscription.confirmed_at is not None:
        return True
    event = events.record(session, "comment.follow-asked", at=now, comment_id=comment.id, post_id=comment.post_id)
    letters.for_confirmation(session, event, comment)
    return False


def stop_letters(session: Session, comment: Comment, *, now: datetime) -> None:
    """The commenter wants no more letters about this comment, neither of decisions nor of answers."""
    comment.letters = False
    subscription = subscription_store.of_comment(session, comment.id)
    if subscription:
        subscriptions.end(session, subscription, now=now)


def disown(session: Session, comment: Comment, *, now: datetime) -> None:
    """Who owns the address says that somebody else wrote this: moderators see it, and no letter follows."""
    stop_letters(session, comment, now=now)
    if comment.state is State.PENDING and all(reason.code != "disowned" for reason in comment.revision.why):
        comment.revision.reasons = [*comment.revision.reasons, policy.Reason("disowned").as_data()]
    events.record(session, "address.disowned", at=now, comment_id=comment.id, post_id=comment.post_id)
