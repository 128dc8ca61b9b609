"""A server's life: how soon it answers, how much memory it takes, and whether that grows."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from bench import load, posting, programs, site
from bench.plan import Plan
from bench.posting import Writers
from bench.programs import Served
from bench.reading import PAGES, POST
from bench.rows import Row, Section, at_most
from bench.samples import Figure, in_turn

SOON = 1.0  # seconds
SMALL = 90.0  # MB
# The slope counts as none below this: the allocator's noise over a long run.
FLAT = 2.0  # MB in a million requests
LOOKS = 24  # at the memory, in one run
# Memory that grows while everything is used for the first time says nothing of what comes after.
WARMING = 0.25
MILLION = 1_000_000
SECONDS_OF_LOAD, SECONDS_OF_WRITING, WRITERS = 1, 0.25, 4


def measure(plan: Plan) -> Section:
    place = plan.site("living")

    def start(_: float) -> dict[str, float]:
        with programs.agora(place.folder, place.environment(), plan.server) as served:
            return {"seconds": served.seconds, "memory": served.megabytes()}

    found = in_turn(plan.watch, {"start": start}, plan.seconds)["start"]
    with ExitStack() as stack:
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        memory = _memory_under_load(plan, agora)
        shared_out = agora.megabytes_shared_out()
    requests, last = memory[-1]
    # What others do with the processors makes memory neither smaller nor larger.
    at_start = statistics.median(sample.values["memory"] for sample in found.samples)
    long_enough = requests >= MILLION
    return Section(
        "A server's life",
        [
            Row("start to first byte, database there", found.figure("seconds"), "s", wanted=at_most(SOON)),
            Row("memory after start, one process", Figure(at_start), "MB resident"),
            Row(
                f"memory after {requests:,} mixed requests",
                Figure(last),
                "MB resident",
                wanted=at_most(SMALL),
            ),
            Row("the same, shared pages divided among processes", Figure(shared_out), "MB"),
            Row(
                "growth of memory over them, warmed up",
                Figure(slope(memory)),
                "MB per million requests",
                # Over a short run the slope is mostly noise, enlarged.
                wanted=at_most(FLAT) if long_enough else None,
            ),
        ],
    )


def _memory_under_load(plan: Plan, agora: Served) -> list[tuple[int, float]]:
    """Requests so far, and resident MB, at many moments of an hour's mixed load that is pressed into minutes."""
    writers, wanted = posting.to_agora(agora.address, site.WRITTEN), list(_mixture(agora))
    seen, requests = [(0, agora.megabytes())], 0
    while requests < plan.requests:
        found = load.read_mixed(
            agora.address, wanted, SECONDS_OF_LOAD, processors={plan.processors.load}, folder=plan.folder
        )
        requests += found.requests + _some_comments(writers)
        if requests - seen[-1][0] >= plan.requests / LOOKS:
            seen.append((requests, agora.megabytes()))
    return [*seen, (requests, agora.megabytes())]


def _some_comments(writers: Writers) -> int:
    return len(writers.write(at_once=WRITERS, seconds=SECONDS_OF_WRITING).waits)


def _mixture(agora: Served) -> Iterator[tuple[str, str, str]]:
    """A hundred requests: what is read often, what is asked again, what is made anew, what is not there."""
    often = [(page.path, *next(iter(page.headers.items()), ("", ""))) for page in PAGES] + [("/feed.atom", "", "")]
    others = [(f"/posts/post-{number}", "Accept-Encoding", "gzip") for number in range(site.POSTS)]
    again = (POST, "If-None-Match", "*")
    anew = [("/sign-in", "", ""), ("/readyz", "", ""), (f"/comments/{site.COMMENTS // 2}", "", "")]
    yield from often * 14
    yield from others
    yield from [again] * 15
    yield from anew


def slope(seen: list[tuple[int, float]]) -> float:
    """MB per million requests: the straight line through all looks after the first quarter."""
    late = [(requests, memory) for requests, memory in seen if requests >= seen[-1][0] * WARMING]
    requests, memory = zip(*late, strict=True)
    return statistics.linear_regression(requests, memory).slope * MILLION
