"""Posts: writing, publishing, and saving without losing anybody's words."""

import math
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from agora.rules import limits, markup, urls
from agora.rules.checklist import CHECKLIST
from agora.rules.errors import N_, Conflict, FieldErrors, Message
from agora.rules.policy import Mode
from agora.store import bylines, events, post_lists, posts, search, versions
from agora.store.people import Person
from agora.store.posts import FormerSlug, Post, PostRevision, PostState, Tag, post_bylines

WORDS_PER_MINUTE = 220
FIGURES = {figure.name: figure.most for check in CHECKLIST for figure in check.figures if hasattr(Post, figure.name)}


@dataclass(frozen=True)
class PostDraft:
    """What the form says of a post."""

    title: str
    slug: str = ""
    summary: str = ""
    body: str = ""
    tags: list[str] = field(default_factory=list)
    byline_ids: list[int] = field(default_factory=list)
    source_title: str = ""
    source_url: str = ""
    language: str = "fr"
    discussion_open: bool = True
    moderation: Mode | None = None
    slow_seconds: int | None = None  # None: as the policy says; so for the days
    close_after_days: int | None = None
    html: Markup | None = None  # of the body, made ready before


class StaleEdition(Conflict):
    """The post was saved by somebody else since this editor opened it."""


def create_post(session: Session, draft: PostDraft, *, by: Person | None, now: datetime) -> Post:
    """Start a post as a draft. Raises FieldErrors."""
    slug = _checked_slug(session, draft, None)
    post = Post(
        state=PostState.DRAFT,
        created_at=now,
        created_by=by.id if by else None,
        edition=1,
        comment_count=0,
        thread_count=0,
    )
    _fill(session, post, draft, slug, now)
    session.add(post)
    session.flush()
    _keep_text(session, post, by, now)
    _set_bylines(session, post, draft.byline_ids)
    events.record(session, "post.created", at=now, post_id=post.id, person_id=by.id if by else None)
    return post


def save_post(
    session: Session, post: Post, draft: PostDraft, *, edition: int, by: Person | None, now: datetime
) -> None:
    """Save over the edition that the editor started from. Raises FieldErrors, or StaleEdition and changes nothing."""
    slug = _checked_slug(session, draft, post.id)
    stale = StaleEdition(N_("Somebody else saved this post while you were writing."))
    if edition != post.edition:
        raise stale
    taken = session.execute(
        update(Post)
        .where(Post.id == post.id, Post.edition == edition)
        .values(edition=edition + 1)
        .returning(Post.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if taken is None:
        raise stale
    session.refresh(post, ["edition"])
    post_lists.unlist(session, post)
    before = (post.title, post.summary, post.body)
    _redirect_former(session, post, slug)
    _fill(session, post, draft, slug, now)
    if before != (post.title, post.summary, post.body):
        _keep_text(session, post, by, now)
        if post.is_public:
            post.updated_at = now
    session.flush()
    _set_bylines(session, post, draft.byline_ids)
    post_lists.list_again(session, post)
    if post.is_public:
        search.keep(session, post)
        versions.touch(session, versions.SITE)
    events.record(session, "post.saved", at=now, post_id=post.id, person_id=by.id if by else None)


def body_html(body: str, language: str) -> Markup:
    """Of no more text than a post may have: a longer one is refused anyway."""
    return markup.post_html(body[: limits.POST], language)


def publish_post(session: Session, post: Post, *, by: Person | None, now: datetime) -> None:
    """Make a post public; one that was public before keeps its first date."""
    if post.is_public:
        return
    post_lists.unlist(session, post)
    post.state = PostState.PUBLISHED
    post.published_at = post.published_at or now
    post.changed_at = now
    post_lists.list_again(session, post)
    search.keep(session, post)
    versions.touch(session, versions.SITE)
    events.record(session, "post.published", at=now, post_id=post.id, person_id=by.id if by else None)


def unpublish_post(session: Session, post: Post, *, by: Person | None, now: datetime) -> None:
    """Take a post back to the desk; its discussion waits with it."""
    if not post.is_public:
        return
    post_lists.unlist(session, post)
    post.state = PostState.DRAFT
    post.changed_at = now
    search.keep(session, post)
    versions.touch(session, versions.SITE)
    events.record(session, "post.unpublished", at=now, post_id=post.id, person_id=by.id if by else None)


def reading_minutes(words: int) -> int:
    return max(1, math.ceil(words / WORDS_PER_MINUTE))


def _checked_slug(session: Session, draft: PostDraft, own_id: int | None) -> str:
    errors = _field_errors(draft)
    slug = draft.slug or urls.slugify(draft.title) or "article"
    if not draft.slug:
        slug = _numbered(session, slug, own_id)
    elif not urls.is_slug(slug) or len(slug) > limits.SLUG:
        errors["slug"] = Message(N_("An address has lower-case letters, digits and single hyphens only."))
    elif not posts.slug_is_free(session, slug, own_id):
        errors["slug"] = Message(N_("Another post has, or had, this address."))
    if errors:
        raise FieldErrors(errors)
    return slug


def _numbered(session: Session, slug: str, own_id: int | None) -> str:
    candidate, number = slug, 2
    while not posts.slug_is_free(session, candidate, own_id):
        candidate, number = f"{slug}-{number}", number + 1
    return candidate


def _field_errors(draft: PostDraft) -> dict[str, Message]:
    errors = _figure_errors(draft)
    if not draft.title:
        errors["title"] = Message(N_("A post needs a title."))
    if not draft.body.strip():
        errors["body"] = Message(N_("A post needs a text."))
    for name, limit in {
        "title": limits.TITLE,
        "summary": limits.SUMMARY,
        "body": limits.POST,
        "source_title": limits.TITLE,
    }.items():
        if len(getattr(draft, name)) > limit:
            errors[name] = Message(N_("At most %(limit)s characters, please."), {"limit": limit})
    if draft.source_url and (not urls.web_address(draft.source_url) or len(draft.source_url) > limits.ADDRESS):
        errors["source_url"] = Message(N_("“%(address)s” is not a web address."), {"address": draft.source_url[:80]})
    if draft.source_title and not draft.source_url:
        errors["source_url"] = Message(N_("Please give the address of the publication too."))
    if len(draft.tags) > limits.TAGS:
        errors["tags"] = Message(N_("At most %(limit)s tags, please."), {"limit": limits.TAGS})
    if any(not urls.slugify(tag) or len(tag) > limits.NAME for tag in draft.tags):
        errors["tags"] = Message(N_("A tag is made of letters and digits."))
    return errors


def _figure_errors(draft: PostDraft) -> dict[str, Message]:
    expected = N_("A whole number from %(least)s to %(most)s is expected.")
    return {
        name: Message(expected, {"least": 0, "most": most})
        for name, most in FIGURES.items()
        if (value := getattr(draft, name)) is not None and not 0 <= value <= most
    }


def _fill(session: Session, post: Post, draft: PostDraft, slug: str, now: datetime) -> None:
    post.title, post.slug, post.summary, post.body = draft.title, slug, draft.summary, markup.clean_source(draft.body)
    post.body_html = draft.html if draft.html is not None else body_html(draft.body, draft.language)
    post.renderer, post.words = markup.RENDERER_VERSION, len(draft.body.split())
    post.language, post.discussion_open, post.moderation = draft.language, draft.discussion_open, draft.moderation
    post.slow_seconds, post.close_after_days = draft.slow_seconds, draft.close_after_days
    post.source_url = (urls.web_address(draft.source_url) or "") if draft.source_url else ""
    post.source_title = draft.source_title or post.source_url[: limits.TITLE]
    tags = (_tag(session, name) for name in draft.tags)
    post.tags = list({tag.id: tag for tag in tags}.values())
    post.changed_at = now


def _tag(session: Session, name: str) -> Tag:
    slug = urls.slugify(name)
    tag = posts.tag_by_slug(session, slug)
    if tag is None:
        tag = Tag(name=name, slug=slug)
        session.add(tag)
        session.flush()
    return tag


def _keep_text(session: Session, post: Post, by: Person | None, now: datetime) -> None:
    session.add(
        PostRevision(
            post_id=post.id,
            edition=post.edition,
            title=post.title,
            summary=post.summary,
            body=post.body,
            saved_at=now,
            saved_by=by.id if by else None,
        )
    )


def _redirect_former(session: Session, post: Post, slug: str) -> None:
    """The old address of a post that was public leads to the new one; a post may also take its own old one back."""
    if slug == post.slug:
        return
    session.execute(delete(FormerSlug).where(FormerSlug.slug == slug))
    if post.published_at is not None:
        session.merge(FormerSlug(slug=post.slug, post_id=post.id))


def _set_bylines(session: Session, post: Post, ids: list[int]) -> None:
    session.execute(delete(post_bylines).where(post_bylines.c.post_id == post.id))
    chosen = bylines.bylines_in_order(session, ids)
    rows = [{"post_id": post.id, "byline_id": byline.id, "position": n} for n, byline in enumerate(chosen)]
    if rows:
        session.execute(insert(post_bylines), rows)
    session.expire(post, ["bylines"])
