"""A server's life: how soon it answers, how much memory it takes, and whether that grows."""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

from tqdm import tqdm

from bench import load, posting, programs, site
from bench.plan import Plan
from bench.posting import Writers
from bench.programs import Served
from bench.reading import PAGES, POST
from bench.rounds import Figure, in_turn
from bench.rows import Row, Section, at_most

SOON = 1.0  # seconds
SMALL = 90.0  # MB
# The slope counts as none below this: the allocator's noise over a long run.
FLAT = 2.0  # MB in a million requests
LOOKS = 24  # at the memory, in one run
# Memory that grows while everything is used for the first time says nothing of what comes after.
WARMING = 0.25
MILLION = 1_000_000
HOUR = 3600  # seconds
SECONDS_OF_LOAD, SECONDS_OF_WRITING, WRITERS = 1, 0.25, 4


def measure(plan: Plan) -> Section:
    place = plan.site("living")

    def start(_: float) -> dict[str, float]:
        with programs.agora(place.folder, place.environment(), plan.server) as served:
            return {"seconds": served.seconds, "memory": served.megabytes()}

    started = in_turn(plan.watch, {"start": {"agora": start}}, plan.length)["start"]
    with ExitStack() as stack:
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        after_load = _under_load(plan, agora, requests=plan.requests)
    # What others do with the processors makes memory neither smaller nor larger.
    at_start = statistics.median(each.runs["agora"]["memory"] for each in started.made)
    return Section(
        "A server's life",
        [
            Row("start to first byte, database there", started.figure("agora", "seconds"), "s", wanted=at_most(SOON)),
            Row("memory after start, one process", Figure(at_start), "MB resident"),
            *after_load,
        ],
    )


def measure_an_hour(plan: Plan) -> Section:
    """A million requests spread over an hour, in bursts of a second."""
    place = plan.site("hour")
    with programs.agora(place.folder, place.environment(), plan.server) as agora:
        return Section("An hour of it", _under_load(plan, agora, requests=MILLION, within=HOUR))


def _under_load(plan: Plan, agora: Served, *, requests: int, within: float = 0.0) -> list[Row]:
    begun = time.monotonic()
    memory = _memory_under_load(plan, agora, requests, within)
    load_was = f"{memory[-1][0]:,} mixed requests in {_spelled(time.monotonic() - begun)}"
    return [
        Row(f"memory after {load_was}", Figure(memory[-1][1]), "MB resident", wanted=at_most(SMALL)),
        Row("the same, shared pages divided among processes", Figure(agora.megabytes_shared_out()), "MB"),
        _growth(memory),
    ]


def _growth(memory: list[tuple[int, float]]) -> Row:
    # Over a short run the slope is mostly noise, enlarged.
    long_enough = memory[-1][0] >= MILLION
    return Row(
        f"growth of memory over them, warmed up{'' if long_enough else ' (too few to judge)'}",
        Figure(slope(memory)),
        "MB per million requests",
        wanted=at_most(FLAT) if long_enough else None,
    )


def _spelled(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _memory_under_load(plan: Plan, agora: Served, wanted: int, within: float) -> list[tuple[int, float]]:
    """Requests so far, and resident MB, at many moments of a mixed load, spread over so many seconds."""
    writers, mixture = posting.to_agora(agora.address, site.WRITTEN), list(_mixture(agora))
    seen, requests, begun = [(0, agora.megabytes())], 0, time.monotonic()
    with tqdm(total=wanted, unit=" requests", unit_scale=True, leave=False, disable=None) as progress:
        while requests < wanted:
            found = load.read_mixed(
                agora.address, mixture, SECONDS_OF_LOAD, processors={plan.processors.load}, folder=plan.folder
            )
            requests += found.requests + _some_comments(writers)
            progress.update(requests - progress.n)
            if requests - seen[-1][0] >= wanted / LOOKS:
                seen.append((requests, agora.megabytes()))
            _rest_until(begun + within * min(1.0, requests / wanted))
    return [*seen, (requests, agora.megabytes())]


def _rest_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


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
