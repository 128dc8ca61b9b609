"""Sample content: a small site in which every screen has something to show. It is made through the ordinary actions."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from agora.actions import appeals, commenters, editing, judging, moderation, notices
from agora.actions import bylines as byline_actions
from agora.actions import comments as comment_actions
from agora.actions import people as people_actions
from agora.actions import posts as post_actions
from agora.actions import site as site_actions
from agora.actions.bylines import BylineDraft
from agora.actions.comments import CommentDraft
from agora.actions.posts import PostDraft
from agora.actions.report_forms import Notice
from agora.resources import packaged
from agora.rules.moderation import Decision, Party, State
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.settings import Settings
from agora.store import comments, posts, public_lists, site, statements
from agora.store.bylines import Byline
from agora.store.comments import Comment
from agora.store.events import Delivery
from agora.store.people import Person
from agora.store.posts import Post

ADMINISTRATOR = "Camille Aubry"
ADMINISTRATOR_EMAIL = "camille@example.org"
MODERATOR = "Maud Lenoir"


@dataclass
class _Sample:
    """What is at hand while the samples are made."""

    session: Session
    settings: Settings
    now: datetime
    people: dict[str, Person]
    bylines: dict[str, Byline]


def is_filled(session: Session) -> bool:
    return public_lists.count(session) > 0 or bool(posts.desk_list(session, by=None, before=None, size=1))


def fill(
    session: Session, settings: Settings, *, now: datetime, progress: Callable[[list[Path]], Iterator[Path]]
) -> Person:
    """Fill an empty site, and return its administrator; `progress` goes through the posts' files and shows how far."""
    content = packaged("demo_content")
    facts = tomllib.loads((content / "site.toml").read_text(encoding="utf-8"))
    site_actions.change_site(
        session,
        site.the_site(session),
        title=facts["title"],
        tagline=facts["tagline"],
        contact=ADMINISTRATOR_EMAIL,
        moderation=None,
        by=None,
        now=now,
    )
    sample = _Sample(session, settings, now, {}, {})
    administrator = _person(sample, ADMINISTRATOR, ADMINISTRATOR_EMAIL, Role.ADMINISTRATOR)
    _person(sample, MODERATOR, "maud@example.org", Role.MODERATOR)
    for stated in tomllib.loads((content / "bylines.toml").read_text(encoding="utf-8"))["byline"]:
        _byline(sample, stated)
    paths = sorted((content / "posts").glob("*.md"), key=lambda path: -int(_front_matter(path)["days_ago"]))
    for path in progress(paths):
        post, published = _post(sample, path, administrator)
        discussion = content / "discussions" / f"{post.slug}.toml"
        if discussion.exists():
            _discuss(sample, post, published, tomllib.loads(discussion.read_text(encoding="utf-8"))["comment"])
        post.discussion_open = _front_matter(path).get("discussion", "open") == "open"
    # Nobody is written to: those who comment here are made up.
    session.execute(delete(Delivery).where(Delivery.commenter_id.is_not(None)))
    return administrator


def _person(sample: _Sample, name: str, email: str, role: Role) -> Person:
    person = people_actions.add_person(
        sample.session,
        name=name,
        email=email,
        role=role,
        language=sample.settings.language,
        password=None,
        now=sample.now,
    )
    person.letters = False
    sample.people[name] = person
    return person


def _byline(sample: _Sample, stated: dict[str, Any]) -> None:
    draft = BylineDraft(
        name=stated["name"],
        slug=stated["slug"],
        bio=stated["bio"].strip(),
        links=[(link["label"], link["url"]) for link in stated["links"]],
    )
    byline = byline_actions.save_byline(
        sample.session, None, draft, by=None, language=sample.settings.language, now=sample.now
    )
    sample.bylines[byline.slug] = byline


def _front_matter(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8").split("+++", 2)[1])


def _post(sample: _Sample, path: Path, administrator: Person) -> tuple[Post, datetime]:
    stated = _front_matter(path)
    body = path.read_text(encoding="utf-8").split("+++", 2)[2]
    published = sample.now - timedelta(days=stated["days_ago"])
    draft = PostDraft(
        title=stated["title"],
        slug=stated["slug"],
        summary=stated["summary"],
        body=body.strip(),
        tags=stated["tags"],
        byline_ids=[sample.bylines[slug].id for slug in stated["bylines"]],
        source_title=stated.get("source_title", ""),
        source_url=stated.get("source_url", ""),
        language=stated["language"],
        moderation=Mode(stated["moderation"]) if "moderation" in stated else None,
    )
    post = post_actions.create_post(sample.session, draft, by=administrator, now=published)
    if stated.get("state") != "draft":
        post_actions.publish_post(sample.session, post, by=administrator, now=published)
    if "updated_days_ago" in stated:
        post.updated_at = sample.now - timedelta(days=stated["updated_days_ago"])
    sample.session.flush()
    return post, published


def _discuss(sample: _Sample, post: Post, published: datetime, stated: list[dict[str, Any]]) -> None:
    """Post every comment in its time and take some away afterwards: an answer may stand under what was hidden later."""
    answered = {entry.get("parent") for entry in stated}
    made: dict[str, int] = {}
    for entry in stated:
        at = min(published + timedelta(minutes=entry["minutes_after"]), sample.now - timedelta(minutes=5))
        made[entry["key"]] = _comment(sample, post, entry, made, at, public=_was_public(entry, answered))
    for entry in stated:
        _take_away(sample, made[entry["key"]], entry)
    for entry in stated:
        _contest(sample, made[entry["key"]], entry)


def _was_public(entry: dict[str, Any], answered: set[str | None]) -> bool:
    return entry["state"] in {"published", "hidden", "withdrawn"} or entry["key"] in answered


def _comment(
    sample: _Sample, post: Post, entry: dict[str, Any], made: dict[str, int], at: datetime, *, public: bool
) -> int:
    person = _author(sample, entry) if "byline" in entry else None
    # What is to wait comes from a network that we do not know: trust in an address does not reach there.
    source = entry["name"][:31] + ("" if public else "?")
    draft = CommentDraft(
        name=entry["name"],
        email=entry.get("email", ""),
        website=entry.get("website", ""),
        body=entry["body"].strip(),
        parent_id=made.get(entry.get("parent", "")),
        source=source,
        whence=source,
    )
    rules = judging.rules_of(sample.session, post, site.the_site(sample.session), sample.settings)
    if rules.mode is Mode.POST and not public:
        rules = replace(rules, mode=Mode.PRE)
    comment_id = comment_actions.post_comment(sample.session, post, draft, rules, person=person, now=at).id
    later = at + timedelta(minutes=12)
    comment = _in_full(sample, comment_id)
    if "edited" in entry:
        editing.edit_comment(
            sample.session, comment, entry["edited"].strip(), rules, sample.settings, whence=source, now=later
        )
    if entry.get("verified") and comment.commenter and comment.commenter.verified_at is None:
        commenters.confirm_address(sample.session, comment, rules, whence=source, now=later)
    if public and comment.state is State.PENDING:
        _decide(sample, comment, Decision.APPROVE, {}, later)
    return comment_id


def _author(sample: _Sample, entry: dict[str, Any]) -> Person:
    """The account behind a byline that answers its readers."""
    byline = sample.bylines[entry["byline"]]
    if byline.name not in sample.people:
        byline.person_id = _person(sample, byline.name, f"{byline.slug}@example.org", Role.AUTHOR).id
    return sample.people[byline.name]


def _take_away(sample: _Sample, comment_id: int, entry: dict[str, Any]) -> None:
    comment = _in_full(sample, comment_id)
    later = comment.created_at + timedelta(minutes=40)
    match entry["state"]:
        case "withdrawn":
            commenters.withdraw_comment(sample.session, comment, version=comment.version, now=later)
        case "hidden" | "rejected" if comment.state is State.PUBLISHED:
            _decide(sample, comment, Decision.HIDE, entry, later)
        case "rejected":
            _decide(sample, comment, Decision.SPAM if entry.get("spam") else Decision.REJECT, entry, later)


def _contest(sample: _Sample, comment_id: int, entry: dict[str, Any]) -> None:
    """What readers reported, and what its writer does not accept: both wait for a moderator."""
    comment, at = _in_full(sample, comment_id), sample.now - timedelta(hours=7)
    for told in entry.get("reports", []):
        notice = Notice(
            reason=str(told["clause"]),
            offence="",
            explanation=told["explanation"],
            name=told["name"],
            email=told["email"],
            good_faith=True,
            source=told["name"][:31],
        )
        notices.report(sample.session, comment, notice, sample.settings, person=None, now=at)
    statement = statements.in_force(sample.session, comment_id) if "appeal" in entry else None
    if statement:
        appeals.lodge(sample.session, statement, entry["appeal"], sample.settings, now=at)


def _decide(sample: _Sample, comment: Comment, decision: Decision, entry: dict[str, Any], at: datetime) -> None:
    moderation.decide(
        sample.session,
        comment,
        decision,
        party=Party.MODERATOR,
        version=comment.version,
        person=sample.people[MODERATOR],
        clause=entry.get("clause"),
        explanation=entry.get("explanation", ""),
        now=min(at, sample.now),
    )


def _in_full(sample: _Sample, comment_id: int) -> Comment:
    sample.session.flush()
    comment = comments.comment_in_full(sample.session, comment_id)
    assert comment is not None  # noqa: S101 - it was just made
    return comment
