"""All that people of a site of some size have written, as rows of its tables: the same each time."""

from collections import Counter
from collections.abc import Iterable, Iterator

from bench.town.articles import BYLINES, TAGS, Articles
from bench.town.comments import Comments
from bench.town.size import BEGAN, Size
from bench.town.tables import BATCH, Row

__all__ = ["Size", "Town"]

OF_COMMENTS = ("comments", "comment_revisions", "events", "cases", "case_reasons")


class Town:
    """A site of this size; `rows` come first, `counts` when they were all taken."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.tallies: Counter[tuple[str, int]] = Counter()
        self.articles = Articles(size, self.tallies)
        self.comments = Comments(size, self.tallies, self.articles)

    def rows(self) -> Iterator[tuple[str, Iterable[Row]]]:
        """By table, in an order in which they can be written."""
        yield "tags", ((n, f"Topic {n}", f"topic-{n}", 0) for n in range(1, TAGS + 1))
        yield "bylines", ((n, f"Author {n}", f"author-{n}", "", "", 1, "[]", 0) for n in range(1, BYLINES + 1))
        commenters = range(1, self.size.commenters + 1)
        yield "commenters", ((n, f"reader{n}@example.org", BEGAN, BEGAN, "") for n in commenters)
        yield from self.articles.rows()
        yield from self._in_batches(self.comments.rows())
        yield "tallies", [(name, stripe, count) for (name, stripe), count in self.tallies.items()]

    def counts(self) -> Iterator[tuple[str, str, list[Row]]]:
        """What is known only when all is written: by table and columns, values and then the id."""
        yield "posts", "comment_count thread_count", [(*counts, id_) for id_, counts in self.comments.of_post.items()]
        yield "tags", "post_count", [(count, id_) for id_, count in self.articles.of_tag.items()]
        yield "bylines", "post_count", [(count, id_) for id_, count in self.articles.of_byline.items()]

    @staticmethod
    def _in_batches(rows: Iterator[tuple[str, Row]]) -> Iterator[tuple[str, list[Row]]]:
        """What comes mixed, by table: comments of two million are not kept until the last one is written."""
        waiting: dict[str, list[Row]] = {name: [] for name in OF_COMMENTS}
        for table, row in rows:
            waiting[table].append(row)
            if len(waiting["events"]) >= BATCH:
                yield from waiting.items()
                waiting = {name: [] for name in waiting}
        yield from waiting.items()
