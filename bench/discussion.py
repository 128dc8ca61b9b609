"""A discussion of a hundred thousand comments beside one of a thousand."""

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

from sqlalchemy import func, select

from agora.rules.moderation import State
from agora.store.comments import Comment
from agora.store.posts import Post
from bench.in_process import Maker
from bench.plan import Plan
from bench.programs import clean_environment
from bench.rounds import Contest, in_turn
from bench.rows import Section, compared, ratio_of_at_most
from bench.site import Place

SMALL, LARGE = 1_000, 100_000
OTHERS = 200  # comments under the other posts
POSTS = 20
TWICE = 2.0


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        makers, pages = dict[int, Maker](), dict[int, dict[str, str]]()
        for size in (LARGE, SMALL):
            place = Place(plan.new_folder(f"discussion-{size}"))
            generate(place, size)
            makers[size] = stack.enter_context(Maker(place.environment(page_memory="0"), plan.server))
            pages[size] = pages_of(place, makers[size])
        contests: dict[str, Contest] = {
            name: {f"{size}": makers[size].makes(pages[size][name]) for size in makers} for name in pages[LARGE]
        }
        found = in_turn(plan.watch, contests, replace(plan.length, seconds=plan.length.seconds / 2))
    return Section(
        f"A discussion of {LARGE:,} comments",
        [
            compared(
                f"{name} ({rounds.made[0].runs[f'{LARGE}']['queries']:.0f} statements)",
                rounds,
                f"{LARGE}",
                "wall",
                "ms",
                against=f"one of {SMALL:,}",
                theirs=f"{SMALL}",
                wanted=ratio_of_at_most(TWICE),
            )
            for name, rounds in found.items()
        ],
    )


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
    leads_to = urlsplit(maker.make(permalink, 0)["location"])
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
