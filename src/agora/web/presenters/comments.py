"""Discussions, parts of them and the comment form as pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from agora.actions import judging
from agora.i18n import translate
from agora.rules import charter, threads
from agora.rules.errors import N_, Message
from agora.rules.moderation import State
from agora.rules.policy import Mode, SiteRules
from agora.store import discussions, events, site
from agora.store.comments import Comment
from agora.store.discussions import Part, Thread, ThreadLine
from agora.store.events import Event, LastDecision
from agora.store.public_posts import PublicPost
from agora.web import csrf
from agora.web.context import Context
from agora.web.presenters.paging import Pager, numbered
from agora.web.presenters.threads import CommentView, Scene, ThreadView


@dataclass(frozen=True)
class DiscussionView:
    count: int
    threads: list[ThreadView]
    pager: Pager
    feed: str


HOLDS = {
    Mode.PRE: N_("Comments are read before they appear."),
    Mode.FIRST_TIME: N_("First comments are read before they appear."),
    Mode.POST: N_("Comments appear at once and are read afterwards."),
}


@dataclass(frozen=True)
class ThreadPartView:
    """Some replies of a long thread with what they hang below; addresses are None at the ends."""

    first: CommentView
    thread: ThreadView
    count: int
    earlier: str | None
    later: str | None


def discussion_view(context: Context, post: PublicPost, page: int) -> DiscussionView:
    """One page of the discussion, in a constant number of queries."""
    size, replies = context.settings.threads_per_page, context.settings.replies_per_page
    found = discussions.threads_page(context.session, post.id, page=page, size=size, replies=replies)
    scene, gone = _scene(context, post), _why_gone(context, post, [line for thread in found for line in thread.lines])
    shown = [
        ThreadView(scene, tuple(thread.lines), _of(gone, thread.lines), _rest(context, thread)) for thread in found
    ]
    url = context.url("post", slug=post.slug)
    pager = numbered(
        page, post.thread_count, size, lambda n: f"{url}?page={n}#discussion" if n > 1 else f"{url}#discussion"
    )
    feed = context.url("post_comments_feed", slug=post.slug)
    return DiscussionView(post.comment_count, shown, pager, feed)


def thread_part_view(context: Context, post: PublicPost, root_id: int, part: Part) -> ThreadPartView:
    """A part of a thread, with all that its first reply hangs below."""
    standing_above = threads.lineage(part.lines[0].path or "")[:-1] if part.lines else []
    lines = [part.above[id_] for id_ in (root_id, *standing_above)] + part.lines
    gone = _of(_why_gone(context, post, lines), lines)
    thread = ThreadView(_scene(context, post), tuple(lines), gone, above=tuple(part.above.values()))
    return ThreadPartView(
        first=thread.comments[0].comment,
        thread=thread,
        count=part.above[root_id].shown_in_thread,
        earlier=_part_url(context, root_id, "before", part.before) if part.before else None,
        later=_part_url(context, root_id, "from", part.next) if part.next else None,
    )


def _part_url(context: Context, root_id: int, key: str, comment_id: int) -> str:
    return f"{context.url('thread', id=root_id)}?{key}={comment_id}"


def _rest(context: Context, thread: Thread) -> tuple[str, int] | None:
    """Where a thread goes on that is not shown to its end, and how many comments are left out."""
    return (_part_url(context, thread.root.id, "from", thread.next), thread.left_out) if thread.next else None


def _scene(context: Context, post: PublicPost) -> Scene:
    return Scene(
        signers=frozenset(byline.person_id for byline in post.bylines if byline.person_id),
        is_open=judging.takes_comments(post, _rules(context, post), context.now),
        max_depth=context.settings.thread_depth,
        comment_path=context.path_of("comment"),
        log_url=context.url("log"),
    )


def _of(gone: Mapping[int, str], lines: list[ThreadLine]) -> tuple[str, ...]:
    return tuple([gone[line.id] for line in lines if line.id in gone])


def _why_gone(context: Context, post: PublicPost, lines: list[ThreadLine]) -> dict[int, str]:
    """By comment that is not public, the sentence that stands in its place, in the language of the page."""
    gone = {line.id: line.state for line in lines if not line.is_public}
    if not gone:
        return {}
    decisions = events.last_decisions(context.session, list(gone))
    titles = decided_clauses(context, decisions.values())
    sentences = {id_: _gone_sentence(state, decisions.get(id_), titles) for id_, state in gone.items()}
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


def empty_form(context: Context, post: PublicPost) -> FormView:
    rules = _rules(context, post)
    return FormView(
        action=context.url("comments", slug=post.slug),
        token=csrf.form_token(context.house.tokens, post.id, context.now),
        hold=HOLDS[rules.mode],
        signed_in_as=context.visitor.name if context.visitor else None,
        closed=not judging.takes_comments(post, rules, context.now),
    )


def _rules(context: Context, post: PublicPost) -> SiteRules:
    return judging.rules_in(post.moderation or context.site.moderation, context.settings, context.policy)


def parent_quote(parent: Comment) -> tuple[str, Markup]:
    return parent.name, parent.revision.html
