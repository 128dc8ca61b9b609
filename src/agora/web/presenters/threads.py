"""Comments in the order of reading, as every page draws them."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from agora.rules import threads
from agora.rules.errors import N_
from agora.rules.moderation import State
from agora.rules.threads import Drawn
from agora.store.discussions import ThreadLine
from agora.web.context import Context

BADGE_BYLINE = N_("Signs this article")
BADGE_TEAM = N_("Team")

# States that a comment does not come to by its author.
BY_MODERATION = frozenset({State.HIDDEN, State.REJECTED})


class CommentView(NamedTuple):
    """All that is shown of a comment, and so the key under which its markup is remembered.

    `gone` is the sentence that stands in for a comment that is not public; `log_url` leads to who hid it.
    `in_reply_to` is the address and the name of who is answered; the name is empty where it may not be shown.
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
    may_reply: bool
    in_reply_to: tuple[str, str] | None


class PlacedComment(NamedTuple):
    """A comment in the order of reading. `closes` counts the lists of replies that end with it.

    `rest` says where the replies of the thread go on that follow here but are not shown, and how many comments that is.
    """

    comment: CommentView
    has_replies: bool
    closes: int
    rest: tuple[str, int] | None = None


class Setting(NamedTuple):
    """What is the same for all comments of a page."""

    signers: Set[int]  # the people who sign the post
    gone: Mapping[int, str]  # by comment, the sentence that stands in its place
    here: Set[int]  # the comments of this page
    is_open: bool


def drawn(
    context: Context,
    lines: Sequence[ThreadLine],
    setting: Setting,
    *,
    elsewhere: Mapping[int, ThreadLine] | None = None,
    rests: Mapping[int, tuple[str, int]] | None = None,
) -> list[PlacedComment]:
    """Lines in the order of the page as it shows them; `rests` by the comment after which something is left out.

    Each comes with what follows it: replies, or the ends of lists of replies.
    """
    placed = threads.draw(lines, max_depth=context.settings.thread_depth, elsewhere=elsewhere)
    rests = rests or {}
    following = [*(depth for _, depth, _ in placed), 0][1:]
    return [
        PlacedComment(_view(context, setting, one), then > one.depth, max(0, one.depth - then), rests.get(one.item.id))
        for one, then in zip(placed, following, strict=True)
    ]


def _view(context: Context, setting: Setting, drawn: Drawn[ThreadLine]) -> CommentView:
    line, _, answered = drawn
    gone, badge = setting.gone.get(line.id), None
    if line.person_id:
        badge = BADGE_BYLINE if line.person_id in setting.signers else BADGE_TEAM
    return CommentView(
        id=line.id,
        url=context.url("comment", id=line.id),
        name=line.name,
        website=line.website,
        html=line.html,
        moment=line.created_at,
        edited=line.is_edited,
        badge=badge,
        gone=gone,
        log_url=context.url("log") if gone and line.state in BY_MODERATION else None,
        may_reply=setting.is_open,
        in_reply_to=_answered(context, answered, setting.here) if answered else None,
    )


def _answered(context: Context, line: ThreadLine, here: Set[int]) -> tuple[str, str]:
    """The address of who is answered, on this page or elsewhere, and the name if it may be shown."""
    url = f"#comment-{line.id}" if line.id in here else context.url("comment", id=line.id)
    return url, line.name if line.is_public else ""
