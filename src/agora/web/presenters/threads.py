"""Threads and comments, as every page draws them."""

from collections.abc import Set
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from agora.rules import threads
from agora.rules.errors import N_
from agora.rules.moderation import State
from agora.rules.threads import Drawn
from agora.store.discussions import ThreadLine

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

    @property
    def length(self) -> int:
        return len(self.html)


class PlacedComment(NamedTuple):
    """A comment in the order of reading. `closes` counts the lists of replies that end with it.

    `rest` says where the replies of the thread go on that follow here but are not shown, and how many comments that is.
    """

    comment: CommentView
    has_replies: bool
    closes: int
    rest: tuple[str, int] | None


class Scene(NamedTuple):
    """What is the same for all threads of a page."""

    signers: frozenset[int]  # the people who sign the post
    is_open: bool
    max_depth: int
    comment_path: str  # as web/routes.py has it
    log_url: str


class ThreadView(NamedTuple):
    """All that is shown of a thread, and so the key under which its markup is remembered.

    It is drawn only when there is no markup of it: on most pages most threads are as they were.
    """

    scene: Scene
    lines: tuple[ThreadLine, ...]
    gone: tuple[str, ...]  # for each line that is not public, the sentence that stands in its place
    rest: tuple[str, int] | None = None  # after the last line
    above: tuple[ThreadLine, ...] = ()  # who is answered, but stands on another page

    @property
    def length(self) -> int:
        return sum([len(line.html) for line in self.lines])

    @property
    def comments(self) -> list[PlacedComment]:
        """In the order of reading, each with what follows it: replies, or ends."""
        drawn = threads.draw(
            self.lines, max_depth=self.scene.max_depth, elsewhere={line.id: line for line in self.above}
        )
        here = {line.id for line in self.lines}
        gone = dict(zip((line.id for line in self.lines if not line.is_public), self.gone, strict=True))
        views = [_view(self.scene, one, gone.get(one.item.id), here) for one in drawn]
        depths = [*(one.depth for one in drawn), 0]
        rests = [None] * (len(views) - 1) + [self.rest]
        return [
            PlacedComment(view, then > depth, max(0, depth - then), rest)
            for view, depth, then, rest in zip(views, depths, depths[1:], rests, strict=False)
        ]


def _view(scene: Scene, drawn: Drawn[ThreadLine], gone: str | None, here: Set[int]) -> CommentView:
    line, _, answered = drawn
    badge = None
    if line.person_id:
        badge = BADGE_BYLINE if line.person_id in scene.signers else BADGE_TEAM
    return CommentView(
        id=line.id,
        url=scene.comment_path.format(id=line.id),
        name=line.name,
        website=line.website,
        html=line.html,
        moment=line.created_at,
        edited=line.is_edited,
        badge=badge,
        gone=gone,
        log_url=scene.log_url if gone and line.state in BY_MODERATION else None,
        may_reply=scene.is_open,
        in_reply_to=_answered(scene, answered, here) if answered else None,
    )


def _answered(scene: Scene, line: ThreadLine, here: Set[int]) -> tuple[str, str]:
    """The address of who is answered, on this page or elsewhere, and the name if it may be shown."""
    url = f"#comment-{line.id}" if line.id in here else scene.comment_path.format(id=line.id)
    return url, line.name if line.is_public else ""
