"""Commenting, as a reader without an account does it: the form, its preview, its errors, permalinks."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from agora.actions import comments as actions
from agora.actions import judging
from agora.actions.comments import CommentDraft
from agora.actions.judging import PersonalData, Text
from agora.actions.measures import UnderMeasure
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.policy import SiteRules
from agora.store import commenting, comments, discussions, public_posts, versions
from agora.store.commenting import Discussion
from agora.store.comments import Comment
from agora.store.discussions import Position
from agora.store.public_posts import PublicPost
from agora.web import csrf
from agora.web.context import Context, whole_number
from agora.web.pages.my_measure import acknowledge_with_form
from agora.web.presenters.comments import FormView, empty_form, parent_quote, thread_part_view
from agora.web.presenters.measures import Obstacle, obstacle
from agora.web.presenters.posts import teaser_view

# The second button of a form whose text holds personal data.
AS_IT_IS = "as-it-is"


def permalink(context: Context) -> Response:
    """To the page that holds the comment: of the discussion, or of its thread if that is long."""
    at = discussions.position_of(
        context.session, whole_number(context.path("id")) or 0, replies=context.settings.replies_per_page
    )
    if at is None:
        raise NotFound(N_("This comment is not public, or no longer."))
    anchor = f"#comment-{at.comment_id}"
    if at.is_far:
        return context.redirect(f"{context.url('thread', id=at.root_id)}?from={at.comment_id}{anchor}", status=302)
    return context.redirect(_discussion_url(context, at) + anchor, status=302)


def _discussion_url(context: Context, at: Position) -> str:
    page = 1 + (at.thread_number - 1) // context.settings.threads_per_page
    query = f"?page={page}" if page > 1 else ""
    return f"{context.url('post', slug=at.post_slug)}{query}"


def thread(context: Context) -> Response:
    """A long thread, part by part: `from` and `before` name the comment where a part begins, or ends."""
    size = context.settings.replies_per_page
    at = discussions.position_of(context.session, whole_number(context.path("id")) or 0, replies=size)
    if at is None or at.root_id != at.comment_id:
        raise NotFound(N_("This comment is not public, or no longer."))
    post = public_posts.by_slug(context.session, at.post_slug)
    if post is None:
        raise NotFound()
    context.depends.add(versions.of_post(post.id))
    if end := _path(context, at, "before"):
        part = discussions.thread_part_before(context.session, at.root_id, end=end, size=size)
    else:
        start = _path(context, at, "from")
        part = discussions.thread_part(context.session, at.root_id, start=start, size=size)
    return context.page(
        "comments/thread.html",
        language=post.language,
        post=teaser_view(context, post),
        part=thread_part_view(context, post, at.root_id, part),
        back=f"{_discussion_url(context, at)}#comment-{at.root_id}",
    )


def _path(context: Context, at: Position, key: str) -> str:
    """Where in the thread the comment stands that the address names; the beginning if it names none."""
    text = context.query(key)
    if not text:
        return ""
    path = discussions.path_in_thread(context.session, at.root_id, whole_number(text) or 0)
    if path is None:
        raise NotFound(N_("This comment is not public, or no longer."))
    return path


def reply(context: Context) -> Response:
    """The form to answer one comment, on a page of its own."""
    comment = comments.on_a_public_post(context.session, whole_number(context.path("id")) or 0)
    post = public_posts.by_slug(context.session, comment.post.slug) if comment else None
    if comment is None or post is None:
        raise NotFound(N_("This comment is not public, or no longer."))
    parent = _parent(context, post, comment.id)
    if parent is None:
        raise NotFound(N_("This comment is not public, or no longer."))
    return _respond(context, post, empty_form(context, post), parent)


@dataclass(frozen=True)
class Ready:
    """What the form says, the rules that are asked of it, and its text made ready."""

    draft: CommentDraft
    rules: SiteRules
    text: Text


def prepare(context: Context) -> Ready:
    """Raises what is wrong with the form; its text is made ready once that is known."""
    discussion = _discussion(context)
    _check_token(context, discussion.id)
    context.refuse_beyond(_deed(context))
    draft = _draft(context)
    rules = judging.rules_in(discussion.moderation, context.settings, discussion.policy)
    is_preview, is_known = _deed(context) == "preview", context.visitor is not None
    if is_preview:
        actions.check_draft(draft, signed_in=True)  # who writes matters only when it is sent
    else:
        actions.check(discussion, draft, rules, signed_in=is_known, now=context.now)
    text = judging.made_ready(draft.body, discussion.language, rules)
    if is_preview or is_known:
        return Ready(draft, rules, text)
    if context.fields.text("action") != AS_IT_IS:
        judging.ask_first(text)
    return Ready(draft, rules, judging.weighed(context.session, text, name=draft.name, website=draft.website))


def create(context: Context) -> Response:
    discussion = _discussion(context)
    context.spend(_deed(context))
    ready: Ready = context.prepared
    if _deed(context) == "preview":
        return _preview(context, _post(context), ready)
    acknowledge_with_form(context)
    # By the rules as they were when the text was looked at: that is not done again while others wait to write.
    comment = actions.post_comment(
        context.session, discussion, ready.draft, ready.rules, text=ready.text, person=context.visitor, now=context.now
    )
    if context.visitor:
        return context.redirect(context.url("comment", id=comment.id))
    token = context.house.tokens.sign("my-comment", comment.id)
    return context.redirect(f"{context.url('my_comment', token=token)}?done=received#state")


def form_again(context: Context, problem: FieldErrors | Refused) -> Response:
    """The form as it was sent, with a sentence beside each field that is wrong."""
    post = _post(context)
    errors = problem.errors if isinstance(problem, FieldErrors) else {"body": problem.message}
    form = replace(_filled_form(context, post), errors=errors, asks=isinstance(problem, PersonalData))
    parent = _parent(context, post, context.fields.number("parent"))
    in_the_way = obstacle(context, problem) if isinstance(problem, UnderMeasure) else None
    return _respond(context, post, form, parent, status=422, obstacle=in_the_way)


def _post(context: Context) -> PublicPost:
    """The post, also by an address that it had when somebody began to write."""
    slug = context.path("slug")
    post = public_posts.by_slug(context.session, public_posts.current_slug(context.session, slug) or slug)
    if post is None:
        raise _no_post()
    return post


def _discussion(context: Context) -> Discussion:
    """As much of the post as a comment needs."""
    found = commenting.discussion(context.session, context.path("slug"))
    if found is None:
        raise _no_post()
    return found


def _no_post() -> NotFound:
    return NotFound(N_("The post that you comment on is not public, or no longer. Keep your text."))


def _deed(context: Context) -> str:
    """What the form asks for, as the rate limits call it."""
    return "preview" if context.fields.text("action") == "preview" else "comment"


def _check_token(context: Context, post_id: int) -> None:
    """A page left open for weeks: the form comes back with a new token, and nothing is lost."""
    token = context.fields.text("token")
    if not csrf.form_token_is_good(context.house.tokens, post_id, context.now, token):
        raise FieldErrors(
            {"body": Message(N_("This page had been open for a long time. Please send your comment again."))}
        )


def _draft(context: Context) -> CommentDraft:
    fields = context.fields
    client = context.request.client if context.settings.keep_sources else None
    return CommentDraft(
        name=fields.line("name"),
        email=fields.text("email"),
        website=fields.text("website"),
        body=fields.raw("body"),
        parent_id=fields.number("parent"),
        letters=bool(fields.text("letters")),
        trap_filled=bool(fields.text("homepage")),
        source=context.source,
        whence=context.whence,
        address=client.host if client else "",
        port=(client.port or None) if client else None,
    )


def _filled_form(context: Context, post: PublicPost) -> FormView:
    draft = _draft(context)
    return replace(
        empty_form(context, post),
        name=draft.name,
        email=draft.email,
        website=draft.website,
        body=draft.body,
        letters=draft.letters,
        parent=str(draft.parent_id or ""),
    )


def _preview(context: Context, post: PublicPost, ready: Ready) -> Response:
    form = replace(_filled_form(context, post), preview=ready.text.html, warning=ready.text.findings.warning)
    return _respond(context, post, form, _parent(context, post, ready.draft.parent_id))


def _parent(context: Context, post: PublicPost, parent_id: int | None) -> Comment | None:
    return comments.public_comment(context.session, parent_id, post.id) if parent_id else None


def _respond(
    context: Context,
    post: PublicPost,
    form: FormView,
    parent: Comment | None,
    *,
    status: int = 200,
    obstacle: Obstacle | None = None,
) -> Response:
    form = replace(form, parent=str(parent.id) if parent else "", parent_view=parent_quote(parent) if parent else None)
    return context.page(
        "comments/respond.html",
        status=status,
        language=post.language,
        post=teaser_view(context, post),
        form=form,
        obstacle=obstacle,
    )
