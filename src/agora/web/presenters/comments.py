"""Comments, discussions and the comment form as pages show them."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from agora.actions import judging
from agora.i18n import translate
from agora.rules import charter, threads
from agora.rules.errors import N_, Message
from agora.rules.moderation import State
from agora.rules.policy import Mode, SiteRules
from agora.store import discussions, events, site
from agora.store.comments import Comment
from agora.store.discussions import Part, ThreadLine
from agora.store.events import Event, LastDecision
from agora.store.posts import Post
from agora.web import csrf
from agora.web.context import Context
from agora.web.presenters.paging import Pager, numbered


class CommentView(NamedTuple):
    """All that is shown of a comment, and so the key under which its markup is remembered.

    `gone` is the sentence that stands in for a comment that is not public; `log_url` leads to who hid it.
    """

    id: int
    url: str
    name: str
    website: str
    html: Markup
    moment: datetime
    edited: bool
    badge: str | None
    gone: str | None
    log_url: str | None
    reply_url: str | None
    in_reply_to: tuple[str, str] | None


class PlacedComment(NamedTuple):
    """A comment in the order of reading. `closes` counts the lists of replies that end with it.

    `rest` says where the replies of the thread go on that follow here but are not shown, and how many comments that is.
    """

    comment: CommentView
    has_replies: bool
    closes: int
    rest: tuple[str, int] | None = None


@dataclass(frozen=True)
class DiscussionView:
    count: int
    comments: list[PlacedComment]
    pager: Pager
    feed: str


BADGE_BYLINE = N_("Signs this article")
BADGE_TEAM = N_("Team")

# States that a comment does not come to by its author.
BY_MODERATION = frozenset({State.HIDDEN, State.REJECTED})

HOLDS = {
    Mode.PRE: N_("Comments are read before they appear."),
    Mode.FIRST_TIME: N_("First comments are read before they appear."),
    Mode.POST: N_("Comments appear at once and are read afterwards."),
}


@dataclass(frozen=True)
class ThreadPartView:
    """Some replies of a long thread with what they hang below; addresses are None at the ends."""

    first: CommentView
    comments: list[PlacedComment]
    count: int
    earlier: str | None
    later: str | None


def discussion_view(context: Context, post: Post, page: int) -> DiscussionView:
    """One page of the discussion, in a constant number of queries."""
    size, replies = context.settings.threads_per_page, context.settings.replies_per_page
    found = discussions.threads_page(context.session, post.id, page=page, size=size, replies=replies)
    rests = {
        thread.lines[-1].id: (_part_url(context, thread.root.id, "from", thread.next), thread.left_out)
        for thread in found
        if thread.next
    }
    placed = _draw(context, post, [line for thread in found for line in thread.lines], rests=rests)
    url = context.url("post", slug=post.slug)
    pager = numbered(
        page, post.thread_count, size, lambda n: f"{url}?page={n}#discussion" if n > 1 else f"{url}#discussion"
    )
    feed = context.url("post_comments_feed", slug=post.slug)
    return DiscussionView(post.comment_count, placed, pager, feed)


def thread_part_view(context: Context, post: Post, root_id: int, part: Part) -> ThreadPartView:
    """A part of a thread, with all that its first reply hangs below."""
    standing_above = threads.lineage(part.lines[0].path or "")[:-1] if part.lines else []
    lines = [part.above[id_] for id_ in (root_id, *standing_above)] + part.lines
    placed = _draw(context, post, lines, elsewhere=part.above)
    return ThreadPartView(
        first=placed[0].comment,
        comments=placed,
        count=part.above[root_id].shown_in_thread,
        earlier=_part_url(context, root_id, "before", part.before) if part.before else None,
        later=_part_url(context, root_id, "from", part.next) if part.next else None,
    )


def _part_url(context: Context, root_id: int, key: str, comment_id: int) -> str:
    return f"{context.url('thread', id=root_id)}?{key}={comment_id}"


def _draw(
    context: Context,
    post: Post,
    lines: list[ThreadLine],
    *,
    elsewhere: Mapping[int, ThreadLine] | None = None,
    rests: Mapping[int, tuple[str, int]] | None = None,
) -> list[PlacedComment]:
    """Lines in the order of the page as it shows them; `rests` by the comment after which something is left out."""
    nodes = threads.draw(
        lines,
        id_of=lambda line: line.id,
        parent_of=lambda line: line.parent_id,
        path_of=lambda line: line.path or "",
        max_depth=context.settings.thread_depth,
        elsewhere=elsewhere,
    )
    drawn = list(threads.walk(nodes))
    why_gone = _why_gone(context, post, [line for line in lines if not line.is_public])
    bylines = {byline.person_id for byline in post.bylines if byline.person_id}
    here = {line.id for line in lines}
    is_open = judging.takes_comments(post, _rules(context, post), context.now)
    views = [_comment_view(context, post, node, bylines, why_gone, here, is_open) for node in drawn]
    return _placed(views, [node.depth for node in drawn], rests or {})


def _placed(views: list[CommentView], depths: list[int], rests: Mapping[int, tuple[str, int]]) -> list[PlacedComment]:
    """Comments in the order of reading, each with what follows it: replies, or the ends of lists of replies."""
    following = [*depths, 0][1:]
    return [
        PlacedComment(view, then > depth, max(0, depth - then), rests.get(view.id))
        for view, depth, then in zip(views, depths, following, strict=True)
    ]


def _comment_view(
    context: Context,
    post: Post,
    node: threads.Node[ThreadLine],
    bylines: set[int],
    why_gone: Mapping[int, str],
    here: Set[int],
    is_open: bool,
) -> CommentView:
    line, badge = node.item, None
    if line.person_id:
        badge = BADGE_BYLINE if line.person_id in bylines else BADGE_TEAM
    parent, gone = node.reply_to, why_gone.get(line.id)
    return CommentView(
        id=line.id,
        url=context.url("comment", id=line.id),
        name=line.name,
        website=line.website,
        html=line.html,
        moment=line.created_at,
        edited=line.edited_at is not None,
        badge=badge,
        gone=gone,
        log_url=context.url("log") if gone and line.state in BY_MODERATION else None,
        reply_url=context.url("reply", id=line.id) if is_open else None,
        in_reply_to=_answered(context, parent, here) if parent else None,
    )


def _answered(context: Context, parent: ThreadLine, here: Set[int]) -> tuple[str, str]:
    """The address of who is answered, on this page or elsewhere, and the name if it may be shown."""
    url = f"#comment-{parent.id}" if parent.id in here else context.url("comment", id=parent.id)
    return url, parent.name if parent.is_public else ""


def _why_gone(context: Context, post: Post, lines: list[ThreadLine]) -> dict[int, str]:
    """By comment, the sentence that stands in its place, in the language of the page."""
    if not lines:
        return {}
    decisions = events.last_decisions(context.session, [line.id for line in lines])
    titles = decided_clauses(context, decisions.values())
    sentences = {line.id: _gone_sentence(line.state, decisions.get(line.id), titles) for line in lines}
    return {id_: translate(post.language, said.text, said.values) for id_, said in sentences.items()}


def _gone_sentence(state: State, event: LastDecision | None, titles: Mapping[int, str]) -> Message:
    if state is State.WITHDRAWN:
        return Message(N_("Comment withdrawn by its author."))
    if state is State.PENDING:
        return Message(N_("This comment was edited and is being read again."))
    if event and event.id in titles:
        return Message(
            N_("Comment hidden by moderation (charter, clause %(number)s: %(title)s)."),
            {"number": event.clause, "title": titles[event.id]},
        )
    return Message(N_("Comment hidden by moderation."))


def clause_titles(context: Context) -> dict[int, str]:
    """The rules of the charter in force, by the number of their clause."""
    parsed = charter.parse(site.current_charter(context.session).source)
    return {clause.number: clause.title for clause in parsed.clauses if clause.is_rule}


def decided_clauses(context: Context, decisions: Iterable[Event | LastDecision]) -> dict[int, str]:
    """By event, the title of the clause that was named, as it read in the charter of that day."""
    named = {event.id: (event.charter_id, event.clause) for event in decisions if event.charter_id and event.clause}
    titles = site.clause_titles(context.session, {charter_id for charter_id, _ in named.values() if charter_id})
    return {event_id: titles[key] for event_id, key in named.items() if key in titles}


@dataclass(frozen=True)
class FormView:
    """The comment form: where it goes, what was typed, what is wrong with it, what happens next."""

    action: str
    token: str
    hold: str
    signed_in_as: str | None
    closed: bool
    name: str = ""
    email: str = ""
    website: str = ""
    body: str = ""
    letters: bool = False
    parent: str = ""
    parent_view: tuple[str, Markup] | None = None
    errors: Mapping[str, Message] = field(default_factory=dict)
    preview: Markup | None = None
    warning: Message | None = None  # personal data in the text
    asks: bool = False  # whether it shall be sent all the same


def empty_form(context: Context, post: Post) -> FormView:
    rules = _rules(context, post)
    return FormView(
        action=context.url("comments", slug=post.slug),
        token=csrf.form_token(context.house.tokens, post.id, context.now),
        hold=HOLDS[rules.mode],
        signed_in_as=context.visitor.name if context.visitor else None,
        closed=not judging.takes_comments(post, rules, context.now),
    )


def _rules(context: Context, post: Post) -> SiteRules:
    return judging.rules_of(context.session, post, context.site, context.settings)


def parent_quote(parent: Comment) -> tuple[str, Markup]:
    return parent.name, parent.revision.html
