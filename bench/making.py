"""Pages made anew each time: what one costs, and what a second process brings."""

from contextlib import ExitStack

from bench import programs, site
from bench.in_process import Maker
from bench.plan import Plan
from bench.rows import Row, Section, at_most, ratio_of_at_least
from bench.samples import in_turn

POST = f"/posts/{site.READ}"
COUNT = 40  # pages in one run in process
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
                "in process": lambda _: maker.make(POST, COUNT),
                "home": lambda _: maker.make("/", COUNT),
                "one": plan.reads(one, POST),
                "two": plan.reads(two, POST, processors=plan.both),
            },
            plan.seconds,
        )
    one_rate, two_rate = found["one"].figure("rate"), found["two"].figure("rate")
    queries = found["in process"].samples[0].values["queries"]
    return Section(
        "Pages made anew",
        [
            Row(
                f"post page with {site.COMMENTS} comments, in process ({queries:.0f} statements)",
                found["in process"].figure("cpu"),
                "ms CPU",
                wanted=at_most(CHEAP),
            ),
            Row("the same through HTTP", found["one"].figure("cpu"), "ms CPU"),
            Row("home page, in process", found["home"].figure("cpu"), "ms CPU"),
            Row("post page, one process on one processor", one_rate, "requests/s"),
            Row(
                "post page, two processes on two",
                two_rate,
                "requests/s",
                "one process",
                one_rate,
                ratio_of_at_least(TWICE),
            ),
        ],
    )
