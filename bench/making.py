"""Pages made anew each time: what one costs, and what a second process brings."""

from contextlib import ExitStack

from bench import programs, site
from bench.in_process import Maker
from bench.plan import Plan
from bench.rounds import in_turn
from bench.rows import Row, Section, at_most, compared, ratio_of_at_least

POST = f"/posts/{site.READ}"
CHEAP = 5.0  # milliseconds
TWICE = 1.8


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        place = plan.site("making")
        anew = place.environment(page_memory="0")
        one = stack.enter_context(programs.agora(place.folder, anew, plan.server))
        two = stack.enter_context(programs.agora(place.folder, anew, plan.both, workers=2))
        maker = stack.enter_context(Maker(anew, plan.server))
        found = in_turn(
            plan.watch,
            {
                "post page in process": {"agora": maker.makes(POST)},
                "home page in process": {"agora": maker.makes("/")},
                "through HTTP": {
                    "two": plan.reads(two, POST, processors=plan.both),
                    "one": plan.reads(one, POST),
                },
            },
            plan.length,
        )
    post, http = found["post page in process"], found["through HTTP"]
    queries = post.made[0].runs["agora"]["queries"]
    return Section(
        "Pages made anew",
        [
            Row(
                f"post page with {site.COMMENTS} comments, in process ({queries:.0f} statements)",
                post.figure("agora", "cpu"),
                "ms CPU",
                wanted=at_most(CHEAP),
            ),
            Row("the same through HTTP", http.figure("one", "cpu"), "ms CPU"),
            Row("home page, in process", found["home page in process"].figure("agora", "cpu"), "ms CPU"),
            compared(
                "post page, two processes on two processors",
                http,
                "two",
                "rate",
                "requests/s",
                against="one process on one",
                theirs="one",
                wanted=ratio_of_at_least(TWICE),
            ),
        ],
    )
