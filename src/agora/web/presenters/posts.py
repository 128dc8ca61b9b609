"""Posts, bylines and the archive as their pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from markupsafe import Markup

from agora.actions.posts import reading_minutes
from agora.store.bylines import Byline
from agora.store.public_lists import ArchiveLine
from agora.store.public_posts import PostLine, PublicPost, Signer
from agora.web.context import Context


@dataclass(frozen=True)
class BylineView:
    """The box under a post, and the head of a byline's own page."""

    name: str
    initials: str
    url: str
    bio: Markup
    links: list[dict[str, str]]
    portrait: str | None


@dataclass(frozen=True)
class TeaserView:
    title: str
    url: str
    summary: str
    language: str
    published_at: datetime
    names: list[tuple[str, str]]
    tags: list[tuple[str, str]]
    comment_count: int
    minutes: int


@dataclass(frozen=True)
class SourceCard:
    """The publication that a post presents."""

    title: str
    url: str
    host: str


@dataclass(frozen=True)
class PostView(TeaserView):
    html: Markup
    updated_at: datetime | None
    source: SourceCard | None
    bylines: list[BylineView]
    canonical: str
    description: str
    json_ld: dict[str, Any]


def byline_view(context: Context, byline: Byline | Signer) -> BylineView:
    words = [word for word in byline.name.replace("-", " ").split() if word[0].isalpha()]
    initials = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))
    portrait = context.url("portrait", portrait=byline.portrait_name + ".webp") if byline.portrait_name else None
    url = context.url("byline", slug=byline.slug)
    return BylineView(byline.name, initials.upper(), url, byline.bio_html, byline.links, portrait)


def teaser_view(context: Context, post: PostLine) -> TeaserView:
    return TeaserView(**_teaser(context, post))


def _teaser(context: Context, post: PostLine) -> dict[str, Any]:
    return {
        "title": post.title,
        "url": context.url("post", slug=post.slug),
        "summary": post.summary,
        "language": post.language,
        "published_at": post.published_at,
        "names": [(byline.name, context.url("byline", slug=byline.slug)) for byline in post.bylines],
        "tags": [(tag.name, context.url("tag", slug=tag.slug)) for tag in post.tags],
        "comment_count": post.comment_count,
        "minutes": reading_minutes(post.words),
    }


def post_view(context: Context, post: PublicPost) -> PostView:
    canonical = context.address("post", slug=post.slug)
    description = post.summary or " ".join(post.body_html.striptags().split())[:200]
    return PostView(
        **_teaser(context, post),
        html=post.body_html,
        updated_at=post.updated_at,
        source=_source_card(post),
        bylines=[byline_view(context, byline) for byline in post.bylines],
        canonical=canonical,
        description=description,
        json_ld=_json_ld(context, post, canonical, description),
    )


def _source_card(post: PublicPost) -> SourceCard | None:
    if not post.source_url:
        return None
    host = post.source_url.split("/")[2].removeprefix("www.")
    return SourceCard(post.source_title, post.source_url, host)


def _json_ld(context: Context, post: PublicPost, canonical: str, description: str) -> dict[str, Any]:
    """The post in the words of schema.org (Article)."""
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": post.title,
        "description": description,
        "inLanguage": post.language,
        "datePublished": post.published_at.isoformat(),
        "dateModified": (post.updated_at or post.published_at).isoformat(),
        "mainEntityOfPage": canonical,
        "commentCount": post.comment_count,
        "author": [
            {"@type": "Person", "name": byline.name, "url": context.address("byline", slug=byline.slug)}
            for byline in post.bylines
        ],
        "publisher": {"@type": "Organization", "name": context.site.title, "url": context.settings.base_url},
        **({"isBasedOn": post.source_url} if post.source_url else {}),
    }


@dataclass(frozen=True)
class ArchiveMonth:
    first: datetime
    posts: list[tuple[ArchiveLine, str]]


@dataclass(frozen=True)
class ArchiveYear:
    year: str
    months: list[ArchiveMonth]


def archive_years(context: Context, lines: Iterable[ArchiveLine]) -> list[ArchiveYear]:
    """The archive's lines by year and month, in the time zone of the site."""
    calendar = context.house.renderer.calendar(context.language)
    years = []
    for year, in_year in groupby(lines, key=lambda line: calendar.year(line.published_at)):
        months = []
        for _, in_month in groupby(in_year, key=lambda line: calendar.month(line.published_at)):
            posts = [(line, context.url("post", slug=line.slug)) for line in in_month]
            months.append(ArchiveMonth(posts[0][0].published_at, posts))
        years.append(ArchiveYear(year, months))
    return years
