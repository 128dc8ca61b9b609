"""The posts of a large site, with their tags, their authors and the words by which they are found."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache

from markupsafe import Markup

from agora.rules import markup, search
from agora.store import tallies
from bench.texts import comment_text
from bench.town.size import Size
from bench.town.tables import Row

LONG, GIANT = "The long discussion", "The giant thread"
TAGS, BYLINES, TEXTS = 400, 40, 300
SUMMARY = "What grows on a stone, and who looks at it."


class Articles:
    """Numbered from 1; `of_tag` and `of_byline` count those that are public once the rows were taken."""

    def __init__(self, size: Size, counted: Counter[tuple[str, int]]) -> None:
        self.size, self.tallies = size, counted
        self.of_tag: Counter[int] = Counter()
        self.of_byline: Counter[int] = Counter()

    def rows(self) -> Iterator[tuple[str, Iterable[Row]]]:
        posts = range(1, self.size.posts + 1)
        yield "posts", map(self._post, posts)
        yield "post_search", (self._words(post) for post in posts if self._is_public(post))
        yield "post_tags", ((post, tag, self._listed(post)) for post in posts for tag in _tags(post))
        yield "post_bylines", ((post, _byline(post), 1, self._listed(post)) for post in posts)

    def title(self, post: int) -> str:
        titles = [title for title, count in ((LONG, self.size.discussion), (GIANT, self.size.thread)) if count]
        return titles[post - 1] if post <= len(titles) else f"Post {post}"

    def _post(self, id_: int) -> Row:
        title, at = self.title(id_), self.size.moment(id_)
        state = "published" if self._is_public(id_) else "draft"
        self._count(id_)
        body, html = _article(id_ % TEXTS)
        dates = (at, at, at)
        head = (id_, title, title.lower().replace(" ", "-"), SUMMARY)
        return *head, body, html, markup.RENDERER_VERSION, 500, "en", "", "", state, True, *dates, 1, 0, 0

    def _count(self, post: int) -> None:
        public = self._is_public(post)
        self.tallies[tallies.PUBLIC_POSTS, 0] += public
        for tag in _tags(post):
            self.of_tag[tag] += public
        self.of_byline[_byline(post)] += public

    def _words(self, post: int) -> Row:
        title = search.words(self.title(post))
        tags = search.words(" ".join(f"Topic {tag}" for tag in _tags(post)))
        return post, " ".join(title), " ".join(dict.fromkeys([*title, *tags, *_article_words(post % TEXTS)]))

    def _is_public(self, post: int) -> bool:
        return post <= len(self.size.special) or post % 20 != 7

    def _listed(self, post: int) -> datetime | None:
        return self.size.moment(post) if self._is_public(post) else None


def _tags(post: int) -> list[int]:
    """Half of the posts have the first one."""
    return sorted({1 + post * 7 % TAGS, 1 + post * 13 % TAGS} | ({1} if post % 2 else set()))


def _byline(post: int) -> int:
    """Half of the posts are of the first one."""
    return 1 if post % 2 else 1 + post // 2 % BYLINES


@cache
def texts() -> list[tuple[str, str]]:
    """Comments with their HTML: making a different one for each would take hours."""
    sources = [comment_text(number) for number in range(TEXTS)]
    return [(source, str(markup.comment_html(source, "en"))) for source in sources]


@cache
def _article(number: int) -> tuple[str, str]:
    some = [texts()[(number + n) % TEXTS] for n in range(5)]
    return "\n\n".join(body for body, _ in some), "".join(html for _, html in some)


@cache
def _article_words(number: int) -> list[str]:
    return search.words(f"{SUMMARY} {Markup(_article(number)[1]).striptags()}")
