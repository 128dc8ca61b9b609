"""What a search found, with the words that were looked for marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agora.rules.search import Piece, Term, excerpt, marked
from agora.rules.typography import typeset
from agora.store.public_posts import PostText
from agora.web.context import Context


@dataclass(frozen=True)
class ResultView:
    url: str
    language: str
    title: list[Piece]
    excerpt: list[Piece]
    names: list[tuple[str, str]]
    published_at: datetime


def result_view(context: Context, post: PostText, wanted: Sequence[Term]) -> ResultView:
    return ResultView(
        url=context.url("post", slug=post.slug),
        language=post.language,
        title=marked(typeset(post.title, post.language), wanted),
        excerpt=excerpt(f"{post.summary} {post.body_html.striptags()}", wanted),
        names=[(byline.name, context.url("byline", slug=byline.slug)) for byline in post.bylines],
        published_at=post.published_at,
    )
