"""What readers read: the home page, posts, bylines, tags, the archive, the charter."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response

from agora.rules import charter, markup
from agora.rules.errors import NotFound
from agora.rules.typography import typeset
from agora.store import bylines, posts, public_lists, public_posts, site, versions
from agora.store.bylines import Portrait
from agora.store.public_lists import EVERYTHING, PostFilter
from agora.store.public_posts import PostLine, PublicPost
from agora.web import cache
from agora.web.context import Context, whole_number
from agora.web.presenters.comments import discussion_view, empty_form
from agora.web.presenters.paging import in_pages, key_of, numbered, read_key
from agora.web.presenters.posts import archive_years, byline_view, post_view, teaser_view

ARCHIVE_PAGE = 200
TAGS_ON_HOME = 12


def home(context: Context) -> Response:
    return _list(
        context,
        "posts/home.html",
        EVERYTHING,
        public_lists.count(context.session),
        context.url("home"),
        tags=public_lists.tags_in_use(context.session, limit=TAGS_ON_HOME),
    )


def byline(context: Context) -> Response:
    found = bylines.byline_by_slug(context.session, context.path("slug"))
    if found is None:
        raise NotFound()
    url = context.url("byline", slug=found.slug)
    feed = (found.name, context.url("byline_feed", slug=found.slug))
    return _list(
        context,
        "posts/byline.html",
        PostFilter(byline_id=found.id),
        found.post_count,
        url,
        byline=byline_view(context, found),
        feed=feed,
    )


def tag(context: Context) -> Response:
    found = posts.tag_by_slug(context.session, context.path("slug"))
    if found is None:
        raise NotFound()
    if not found.post_count:
        raise NotFound()
    url = context.url("tag", slug=found.slug)
    feed = (found.name, context.url("tag_feed", slug=found.slug))
    return _list(context, "posts/tag.html", PostFilter(tag_id=found.id), found.post_count, url, tag=found, feed=feed)


def _list(context: Context, template: str, kind: PostFilter, count: int, url: str, **presented: Any) -> Response:
    """A numbered page of a list. The links of its pager say where the next page begins, besides its number."""
    size, page = context.settings.posts_per_page, context.page_number()
    if page > in_pages(count, size):
        raise NotFound()
    before = read_key(context.query("before")) if page > 1 else None
    after = read_key(context.query("after")) if page > 1 else None
    if before or after:
        found = public_lists.latest(context.session, kind, before=before, after=after, size=size)
    else:
        found = public_lists.latest_by_number(context.session, kind, page=page, size=size, count=count)
    pager = numbered(page, count, size, _with_keys(url, page, found))
    teasers = [teaser_view(context, post) for post in found]
    canonical = context.settings.base_url + (url if page == 1 else f"{url}?page={page}")
    return context.page(template, teasers=teasers, pager=pager, count=count, canonical=canonical, **presented)


def _with_keys(url: str, page: int, found: Sequence[PostLine]) -> Callable[[int], str]:
    """Addresses of the pages beside this one: by number alone a far page would be looked for from the beginning."""

    def address(number: int) -> str:
        if number == 1:
            return url
        if not found:
            return f"{url}?page={number}"
        name, post = ("before", found[-1]) if number > page else ("after", found[0])
        return f"{url}?page={number}&{name}={key_of(post.published_at, post.id)}"

    return address


def authors(context: Context) -> Response:
    found = [byline_view(context, byline) for byline in bylines.every_byline(context.session)]
    return context.page("posts/authors.html", bylines=found)


def post(context: Context) -> Response:
    found = public_posts.by_slug(context.session, context.path("slug"))
    if found is None:
        current = public_posts.current_slug(context.session, context.path("slug"))
        if current is None:
            raise NotFound()
        return context.redirect(context.url("post", slug=current), status=301)
    context.depends.add(versions.of_post(found.id))
    page = context.page_number()
    discussion = discussion_view(context, found, page)
    if page > discussion.pager.pages:
        raise NotFound()
    return show_post(context, found, discussion=discussion)


def show_post(context: Context, found: PublicPost, **presented: Any) -> Response:
    """The page of a post, as readers see it."""
    return context.page(
        "posts/show.html",
        language=found.language,
        post=post_view(context, found),
        form=empty_form(context, found),
        feed=(found.title, context.url("post_comments_feed", slug=found.slug)),
        **presented,
    )


def archive(context: Context) -> Response:
    before = read_key(context.query("before"))
    lines = public_lists.archive(context.session, before=before, size=ARCHIVE_PAGE)
    older = None
    if len(lines) == ARCHIVE_PAGE:
        older = f"{context.url('archive')}?before={key_of(lines[-1].published_at, lines[-1].id)}"
    years = archive_years(context, lines)
    return context.page("posts/archive.html", years=years, older=older, newest=before is None)


def portrait(context: Context) -> Response:
    found = context.session.get(Portrait, context.path("portrait").removesuffix(".webp"))
    if found is None:
        raise NotFound()
    return Response(found.content, media_type="image/webp", headers={"Cache-Control": cache.FOR_EVER})


def show_charter(context: Context) -> Response:
    """The charter in force; or the version on which an earlier decision rests."""
    in_force = site.current_charter(context.session)
    named = whole_number(context.query("version"))
    current = site.charter_version(context.session, named) if named else in_force
    if current is None:
        raise NotFound()
    parsed = charter.parse(current.source)
    clauses = [
        (clause.number, typeset(clause.title, current.language), markup.post_html(clause.text, current.language))
        for clause in parsed.clauses
    ]
    introduction = markup.post_html(parsed.introduction, current.language)
    return context.page(
        "moderation/charter.html",
        language=current.language,
        introduction=introduction,
        clauses=clauses,
        since=current.created_at,
        is_old=current.id != in_force.id,
    )
