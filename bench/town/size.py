"""How large a site is, and when each thing in it was written."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

BEGAN, ENDED = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Size:
    """`comments` counts all but those that wait."""

    posts: int
    comments: int
    discussion: int = 0
    thread: int = 0
    pending: int = 0

    @property
    def special(self) -> list[int]:
        return [count for count in (self.discussion, self.thread) if count]

    @property
    def commenters(self) -> int:
        return max(10, (self.comments + self.pending) // 8)

    @property
    def rows(self) -> int:
        """About how many there will be."""
        return 4 * self.posts + 3 * (self.comments + self.pending) + self.commenters

    def moment(self, number: int) -> datetime:
        """When the post or, counted after all posts, the comment was written."""
        return BEGAN + self._step * number

    @cached_property
    def _step(self) -> timedelta:
        return (ENDED - BEGAN) / (self.posts + self.comments + self.pending + 1)
