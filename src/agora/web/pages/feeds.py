"""Atom feeds (RFC 4287) with threads (RFC 4685) and pages (RFC 5005)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from agora.i18n import translate
from agora.rules.errors import N_, NotFound
from agora.rules.typography import quotable
from agora.store import bylines, comment_feeds, events, posts, public_lists, public_posts, versions
from agora.store.comment_feeds import FeedLine
from agora.store.public_lists import EVERYTHING, PostFilter
from agora.store.public_posts import PostText, PublicPost
from agora.web import cache
from agora.web.context import Context
from agora.web.presenters.paging import key_of, read_key

SIZE = 20


@dataclass(frozen=True)
class Entry:
    """One entry. `in_reply_to` is (ref, href) of what is answered; `replies` (href, count) of the discussion."""

    id: str
    url: str
    title: str
    names: list[tuple[str, str]]
    published: datetime
    updated: datetime
    html: Markup
    summary: str
    language: str
    tags: list[str]
    replies: tuple[str, int] | None = None
    in_reply_to: tuple[str, str] | None = None
    related: str = ""


def site_feed(context: Context) -> Response:
    return _posts(context, EVERYTHING, context.site.title, context.url("home"), "posts")


def byline_feed(context: Context) -> Response:
    byline = bylines.byline_by_slug(context.session, context.path("slug"))
    if byline is None:
        raise NotFound()
    kind = PostFilter(byline_id=byline.id)
    title = f"{byline.name} · {context.site.title}"
    return _posts(context, kind, title, context.url("byline", slug=byline.slug), f"byline/{byline.id}")


def tag_feed(context: Context) -> Response:
    tag = posts.tag_by_slug(context.session, context.path("slug"))
    if tag is None or not tag.post_count:
        raise NotFound()
    title = f"{tag.name} · {context.site.title}"
    return _posts(context, PostFilter(tag_id=tag.id), title, context.url("tag", slug=tag.slug), f"tag/{tag.id}")


def comments_feed(context: Context) -> Response:
    title = translate(context.settings.language, N_("Comments on %(site)s"), {"site": context.site.title})
    return _comments(context, None, title, context.url("home"), context.settings.language)


def post_comments_feed(context: Context) -> Response:
    post = public_posts.by_slug(context.session, context.path("slug"))
    if post is None:
        current = public_posts.current_slug(context.session, context.path("slug"))
        if current is None:
            raise NotFound()
        return context.redirect(context.url("post_comments_feed", slug=current), status=301)
    context.depends.add(versions.of_post(post.id))
    title = translate(post.language, N_("Comments on “%(title)s”"), {"title": quotable(post.title, post.language)})
    return _comments(context, post, title, context.url("post", slug=post.slug), post.language)


def _posts(context: Context, kind: PostFilter, title: str, page: str, name: str) -> Response:
    before = read_key(context.query("before"))
    found = public_lists.feed_page(context.session, kind, before=before, size=SIZE)
    entries = [_post_entry(context, post) for post in found]
    older = key_of(found[-1].published_at, found[-1].id) if len(found) == SIZE else None
    return show_feed(context, entries, older, title=title, page=page, name=name, language=context.settings.language)


def _comments(context: Context, post: PublicPost | None, title: str, page: str, language: str) -> Response:
    before = read_key(context.query("before"))
    post_id = post.id if post else None
    found = comment_feeds.feed_page(context.session, post_id=post_id, before=before, size=SIZE)
    entries = [_comment_entry(context, line) for line in found]
    older = key_of(found[-1].published_at or found[-1].created_at, found[-1].id) if len(found) == SIZE else None
    name = f"post/{post.id}/comments" if post else "comments"
    return show_feed(context, entries, older, title=title, page=page, name=name, language=language)


def show_feed(context: Context, entries: list[Entry], older: str | None, **head: Any) -> Response:
    path = context.request.url.path
    query = f"?before={context.query('before')}" if read_key(context.query("before")) else ""
    base = context.settings.base_url
    xml = context.encoded(
        "feeds/atom.xml",
        language=head.pop("language"),
        entries=entries,
        id=tag_id(context, head.pop("name")),
        own=base + path + query,
        first=base + path,
        older=f"{base}{path}?before={older}" if older else None,
        page=base + head.pop("page"),
        updated=max((entry.updated for entry in entries), default=context.site.created_at),
        **head,
    )
    response = Response(xml, media_type="application/atom+xml")
    changed = events.last_event_time(context.session) or context.site.created_at
    return cache.make_conditional(context.request, response, changed=changed)


def tag_id(context: Context, name: str) -> str:
    """An id that stays when the address changes (RFC 4151): its authority was set on the first start."""
    return f"tag:{context.site.tag_authority}:{name}"


def _post_entry(context: Context, post: PostText) -> Entry:
    return Entry(
        id=tag_id(context, f"post/{post.id}"),
        url=context.address("post", slug=post.slug),
        title=post.title,
        names=[(byline.name, context.address("byline", slug=byline.slug)) for byline in post.bylines],
        published=post.published_at,
        updated=post.updated_at or post.published_at,
        html=_absolute(context, post.body_html, context.address("post", slug=post.slug)),
        summary=post.summary,
        language=post.language,
        tags=[tag.name for tag in post.tags],
        replies=(context.address("post_comments_feed", slug=post.slug), post.comment_count),
        related=post.source_url,
    )


def _comment_entry(context: Context, line: FeedLine) -> Entry:
    published = line.published_at or line.created_at
    post_url = context.address("post", slug=line.post_slug)
    if line.parent_id is None:
        answered = (tag_id(context, f"post/{line.post_id}"), post_url)
    else:
        answered = (tag_id(context, f"comment/{line.parent_id}"), context.address("comment", id=line.parent_id))
    return Entry(
        id=tag_id(context, f"comment/{line.id}"),
        url=context.address("comment", id=line.id),
        title=f"{line.name} · {line.post_title}",
        names=[(line.name, line.website)],
        published=published,
        updated=max(published, line.edited_at or published),
        html=_absolute(context, line.html, context.address("comment", id=line.id)),
        summary="",
        language=line.language,
        tags=[],
        in_reply_to=answered,
    )


# A link to this site, or to a place in the same text, as rules/markup.py writes it; in a text "<" is always escaped.
_OWN_LINK = re.compile(r'<a href="(?:(/)(?!/)|(#))')


def _absolute(context: Context, html: Markup, own: str) -> Markup:
    """The same HTML with whole addresses: a feed reader shows it far from the page."""
    site = context.settings.base_url
    whole = _OWN_LINK.sub(lambda link: f'<a href="{site}/' if link[1] else f'<a href="{own}#', str(html))
    return Markup(whole)  # noqa: S704 - only addresses of ours were put into HTML that was safe
