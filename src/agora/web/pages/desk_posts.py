"""The desk of authors and editors: their posts, the editor, its preview, and what happens when two edit at once."""

import difflib
from dataclasses import dataclass, field

from markupsafe import Markup
from starlette.responses import Response

from agora.actions import posts as actions
from agora.actions.posts import PostDraft
from agora.i18n import LANGUAGE_NAMES, LANGUAGES
from agora.rules import duties
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.moderation import State
from agora.rules.permissions import Deed, may_edit_post
from agora.rules.policy import MODE_NAMES, Mode
from agora.store import bylines, comment_lists, posts
from agora.store.posts import Post
from agora.store.public_posts import as_public
from agora.web.context import Context, whole_number
from agora.web.presenters.posts import post_view

PAGE = 30
MOST_LINES = 4_000  # of two texts together, to be compared
FLASHES = {
    "saved": N_("Saved."),
    "published": N_("The post is published."),
    "unpublished": N_("The post is a draft again."),
}


@dataclass
class EditorView:
    """The editor's fields as texts, whatever they came from."""

    post: Post | None
    title: str = ""
    slug: str = ""
    summary: str = ""
    body: str = ""
    tags: str = ""
    byline_ids: list[int] = field(default_factory=list)
    source_title: str = ""
    source_url: str = ""
    language: str = "fr"
    discussion: str = "open"
    moderation: str = ""
    slow_seconds: str = ""
    close_after_days: str = ""
    edition: int = 0


def desk(context: Context) -> Response:
    """The first page of the desk: what waits, and what was begun."""
    by = None if context.may(Deed.EDIT_ANY_POST) else context.person.id
    recent = posts.desk_list(context.session, by=by, before=None, size=6) if context.may(Deed.WRITE_POSTS) else []
    waiting = comment_lists.counts_by_state(context.session).get(State.PENDING, 0) if context.may(Deed.MODERATE) else 0
    return context.page(
        "desk/home.html",
        recent=recent,
        waiting=waiting,
        oldest=comment_lists.oldest_waiting(context.session) if waiting else None,
        to_do=duties.TO_DO[context.settings.operator] if context.may(Deed.MANAGE_SITE) else (),
    )


def list_posts(context: Context) -> Response:
    by = None if context.may(Deed.EDIT_ANY_POST) else context.person.id
    found = posts.desk_list(context.session, by=by, before=whole_number(context.query("before")), size=PAGE)
    older = f"{context.url('desk_posts')}?before={found[-1].id}" if len(found) == PAGE else None
    return context.page("desk/posts.html", posts=found, older=older)


def new(context: Context) -> Response:
    return _editor(context, EditorView(None, language=context.settings.language))


def edit(context: Context) -> Response:
    return _editor(context, _view_of(_post(context)))


def history(context: Context) -> Response:
    """The texts that were saved, to read and to copy from."""
    post = _post(context)
    edition = min(whole_number(context.query("edition")) or post.edition, post.edition)
    revisions = posts.revisions_of(context.session, post.id, size=PAGE)
    shown = posts.revision_of(context.session, post.id, edition) or (revisions[0] if revisions else None)
    return context.page("desk/history.html", post=post, revisions=revisions, shown=shown)


def create(context: Context) -> Response:
    return _answer(context, None)


def save(context: Context) -> Response:
    return _answer(context, _post(context))


def prepare(context: Context) -> Markup | None:
    """The body as HTML."""
    if context.fields.text("action") == "edit":
        return None
    draft = _draft(context)
    return actions.body_html(draft.body, draft.language)


def _answer(context: Context, post: Post | None) -> Response:
    action = context.fields.text("action")
    draft = _draft(context)
    if action == "preview":
        return _preview(context, post)
    if action == "edit":  # back from the preview: what is not finished must not reach the readers
        return _editor(context, _sent_view(context, post))
    if post is None:
        post = actions.create_post(context.session, draft, by=context.person, now=context.now)
    else:
        edition = context.fields.number("edition") or 0
        actions.save_post(context.session, post, draft, edition=edition, by=context.person, now=context.now)
    done = "saved"
    if action == "publish":
        actions.publish_post(context.session, post, by=context.person, now=context.now)
        done = "published"
    elif action == "unpublish":
        actions.unpublish_post(context.session, post, by=context.person, now=context.now)
        done = "unpublished"
    return context.redirect(f"{context.url('desk_post', id=post.id)}?done={done}")


def editor_again(context: Context, problem: FieldErrors | Refused) -> Response:
    """The editor as it was sent: with sentences beside its fields, or beside what somebody else saved meanwhile."""
    post = _post(context) if context.path("id") else None
    view = _sent_view(context, post)
    if isinstance(problem, FieldErrors):
        return _editor(context, view, status=422, errors=problem.errors)
    difference = _difference(post, view) if post else []
    if post:
        view.edition = post.edition  # having seen the difference, the editor may save over it
    return _editor(context, view, status=409, conflict=problem.message, difference=difference)


def _post(context: Context) -> Post:
    post = posts.post_for_desk(context.session, whole_number(context.path("id")) or 0)
    if post is None or not may_edit_post(context.person.role, own=post.created_by == context.person.id):
        raise NotFound()
    return post


def _draft(context: Context) -> PostDraft:
    fields = context.fields
    moderation = fields.text("moderation")
    language = fields.text("language")
    return PostDraft(
        title=fields.line("title"),
        slug=fields.line("slug"),
        summary=fields.text("summary"),
        body=fields.raw("body"),
        tags=[tag for tag in (" ".join(part.split()) for part in fields.text("tags").split(",")) if tag],
        byline_ids=fields.numbers("bylines"),
        source_title=fields.line("source_title"),
        source_url=fields.text("source_url"),
        language=language if language in LANGUAGES else context.settings.language,
        discussion_open=fields.text("discussion") != "closed",
        moderation=Mode(moderation) if moderation in set(Mode) else None,
        slow_seconds=_figure(fields.text("slow_seconds")),
        close_after_days=_figure(fields.text("close_after_days")),
        html=context.prepared,
    )


def _figure(text: str) -> int | None:
    """None for nothing, and what is no number as one that cannot be meant."""
    if not text:
        return None
    number = whole_number(text)
    return -1 if number is None else number


def _sent_view(context: Context, post: Post | None) -> EditorView:
    draft = _draft(context)
    return EditorView(
        post,
        title=draft.title,
        slug=draft.slug,
        summary=draft.summary,
        body=draft.body,
        tags=", ".join(draft.tags),
        byline_ids=draft.byline_ids,
        source_title=draft.source_title,
        source_url=draft.source_url,
        language=draft.language,
        discussion="open" if draft.discussion_open else "closed",
        moderation=draft.moderation or "",
        slow_seconds=context.fields.text("slow_seconds"),
        close_after_days=context.fields.text("close_after_days"),
        edition=context.fields.number("edition") or 0,
    )


def _view_of(post: Post) -> EditorView:
    return EditorView(
        post,
        title=post.title,
        slug=post.slug,
        summary=post.summary,
        body=post.body,
        tags=", ".join(tag.name for tag in post.tags),
        byline_ids=[byline.id for byline in post.bylines],
        source_title=post.source_title,
        source_url=post.source_url,
        language=post.language,
        discussion="open" if post.discussion_open else "closed",
        moderation=post.moderation or "",
        slow_seconds="" if post.slow_seconds is None else str(post.slow_seconds),
        close_after_days="" if post.close_after_days is None else str(post.close_after_days),
        edition=post.edition,
    )


def _editor(
    context: Context,
    view: EditorView,
    *,
    status: int = 200,
    errors: dict[str, Message] | None = None,
    conflict: Message | None = None,
    difference: list[tuple[str, str]] | None = None,
) -> Response:
    everyone = bylines.every_byline(context.session)
    chosen = [byline for id_ in view.byline_ids for byline in everyone if byline.id == id_]
    others = [byline for byline in everyone if byline.id not in view.byline_ids]
    return context.page(
        "desk/editor.html",
        status=status,
        view=view,
        bylines=chosen + others,
        languages=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        modes=list(MODE_NAMES.items()),
        errors=errors or {},
        conflict=conflict,
        difference=difference or [],
        flash=FLASHES.get(context.query("done")),
    )


def _preview(context: Context, post: Post | None) -> Response:
    """The page as readers will see it: made and undone within this request, the editor's fields kept in its form."""
    draft = _draft(context)
    edition = context.fields.number("edition") or 0
    with context.session.begin_nested() as savepoint:
        if post is None:
            post = actions.create_post(context.session, draft, by=context.person, now=context.now)
        else:
            actions.save_post(context.session, post, draft, edition=edition, by=context.person, now=context.now)
        context.session.refresh(post, ["bylines", "tags"])
        post.published_at = post.published_at or context.now
        shown = post_view(context, as_public(post))
        language = post.language
        savepoint.rollback()
    return context.page(
        "desk/preview.html",
        language=language,
        post=shown,
        fields=[pair for pair in context.fields.pairs() if pair[0] not in {"csrf", "action"}],
        action=context.request.url.path,
    )


def _difference(post: Post, view: EditorView) -> list[tuple[str, str]]:
    """What was saved meanwhile against what was sent, line by line: ("-", theirs), ("+", yours) or (" ", same).

    Empty for texts of very many lines, which would take too long to compare.
    """
    theirs = [post.title, post.summary, *post.body.splitlines()]
    yours = [view.title, view.summary, *view.body.splitlines()]
    if len(theirs) + len(yours) > MOST_LINES:
        return []
    lines: list[tuple[str, str]] = []
    for kind, from_, to, start, end in difflib.SequenceMatcher(a=theirs, b=yours).get_opcodes():
        if kind == "equal":
            lines += [(" ", line) for line in theirs[from_:to]]
        else:
            lines += [("-", line) for line in theirs[from_:to]] + [("+", line) for line in yours[start:end]]
    return lines
