"""A discussion of a hundred thousand comments beside one of a thousand."""

import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

from sqlalchemy import func, select

from agora.rules.moderation import State
from agora.store.comments import Comment
from agora.store.posts import Post
from bench.in_process import Maker
from bench.plan import Plan
from bench.programs import clean_environment
from bench.rows import Row, Section, ratio_of_at_most
from bench.samples import Work, in_turn
from bench.site import Place
from bench.stillness import Sample

SMALL, LARGE = 1_000, 100_000
OTHERS = 200  # comments under the other posts
POSTS = 20
COUNT = 20  # pages in one run
TWICE = 2.0
# A page that is made in a few milliseconds is less even than a second of load.
SPREAD = 0.15


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        works: dict[str, Work] = {}
        for size in (SMALL, LARGE):
            place = Place(plan.new_folder(f"discussion-{size}"))
            generate(place, size)
            maker = stack.enter_context(Maker(place.environment(page_memory="0"), plan.server))
            for name, path in pages_of(place, maker).items():
                works[f"{name} {size}"] = _makes(maker, path)
        found = in_turn(plan.watch, works, plan.seconds)
    figures = {name: series.figure("wall", spread=SPREAD) for name, series in found.items()}
    names = dict.fromkeys(name.rpartition(" ")[0] for name in works)
    return Section(
        f"A discussion of {LARGE:,} comments",
        [
            Row(
                f"{name} ({_statements(found[f'{name} {LARGE}'].samples)} statements)",
                figures[f"{name} {LARGE}"],
                "ms",
                f"one of {SMALL:,}",
                figures[f"{name} {SMALL}"],
                ratio_of_at_most(TWICE),
            )
            for name in names
        ],
    )


def _makes(maker: Maker, path: str) -> Work:
    return lambda _: maker.make(path, COUNT)


def generate(place: Place, discussion: int) -> None:
    command = [sys.executable, "-m", "bench.generate", "--posts", POSTS, "--comments", discussion + OTHERS]
    subprocess.run(
        [*map(str, command), "--discussion", str(discussion), "--database", place.settings().database_url],
        check=True,
        env={**clean_environment(), **place.environment()},
        stdout=subprocess.DEVNULL,
    )


def pages_of(place: Place, maker: Maker) -> dict[str, str]:
    """The pages of the longest discussion, by their names. A permalink leads to its middle."""
    slug, middle = longest_discussion(place)
    permalink = f"/comments/{middle}"
    leads_to = urlsplit(maker.make(permalink, 1)["location"])
    return {
        "first page": f"/posts/{slug}",
        "middle page": f"{leads_to.path}?{leads_to.query}",
        "permalink": permalink,
    }


def longest_discussion(place: Place) -> tuple[str, int]:
    """The slug of its post, and the id of the first comment of its middle thread."""
    database = place.database()
    with database.read() as session:
        public = select(Comment).where(Comment.state == State.PUBLISHED, Comment.parent_id.is_(None)).subquery()
        count = func.count()
        longest = select(public.c.post_id, count).group_by(public.c.post_id).order_by(count.desc()).limit(1)
        post_id, number = session.execute(longest).one()
        of_it = select(public.c.id).where(public.c.post_id == post_id).order_by(public.c.id)
        middle = session.execute(of_it.offset(number // 2).limit(1)).scalar_one()
        slug = session.execute(select(Post.slug).where(Post.id == post_id)).scalar_one()
    database.close()
    return slug, middle


def _statements(samples: list[Sample]) -> str:
    return f"{samples[0].values['queries']:.0f}" if samples else "?"
