"""Comments: how many are accepted, beside Isso; what a storm of them does to readers and loses."""

import sqlite3
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import load, posting, programs, site
from bench.plan import Plan
from bench.posting import Writers
from bench.programs import Served
from bench.rows import Row, Section, at_most, ratio_of_at_least
from bench.samples import Figure, Series, Work, in_turn
from bench.site import Place

AT_ONCE = (1, 16, 64)
STORM = 64
TIMES_ISSO = 3.0
SLOWEST = 1000.0  # milliseconds, for 99 of 100 in the storm
READERS_KEEP = 0.7
GZIP = {"Accept-Encoding": "gzip"}  # as browsers ask, so that the readers do not only wait for the load's processor
# A commit waits for the disk, and a disk is less even than a processor.
SPREAD = 0.15


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        place = plan.site("commenting")
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        writers = posting.to_agora(agora.address, site.WRITTEN)
        works = {f"agora {count}": writes(writers, agora, count) for count in AT_ONCE}
        if plan.isso:
            isso = stack.enter_context(programs.isso(plan.folder, plan.server))
            others = posting.to_isso(isso.address)
            works |= {f"isso {count}": writes(others, isso, count) for count in AT_ONCE}
        found = in_turn(plan.watch, works, plan.seconds)
        readers = beside_readers(plan, agora, writers) if plan.wrk else []
    rows = [*(_beside_isso(plan, found, count) for count in AT_ONCE), _cost(plan, found)]
    return Section(
        "Comments, SQLite, on disk before the answer",
        [*rows, *storm_rows(place, found, writers), *readers],
        {"isso": f"{plan.isso} ({journal_of_isso(plan.folder)})"} if plan.isso else {},
    )


def writes(writers: Writers, served: Served, at_once: int) -> Work:
    def work(seconds: float) -> dict[str, float]:
        before = served.seconds_used()
        ledger = writers.write(at_once=at_once, seconds=seconds)
        cpu = (served.seconds_used() - before) / max(1, ledger.accepted) * 1000
        return {"rate": ledger.rate, "p50": ledger.wait(50), "p99": ledger.wait(99), "cpu": cpu}

    return work


def _beside_isso(plan: Plan, found: dict[str, Series], count: int) -> Row:
    name = f"accepted, {count} writer{'s' if count > 1 else ''} at once"
    ours, theirs = _both(plan, found, "rate", count)
    return Row(name, ours, "comments/s", f"Isso {plan.isso}".strip(), theirs, ratio_of_at_least(TIMES_ISSO))


def _cost(plan: Plan, found: dict[str, Series]) -> Row:
    ours, theirs = _both(plan, found, "cpu", 1)
    return Row("processor time of one", ours, "ms CPU", f"Isso {plan.isso}".strip(), theirs)


def _both(plan: Plan, found: dict[str, Series], key: str, count: int) -> tuple[Figure, Figure]:
    absent = Figure(None, "Isso could not be installed")
    theirs = found[f"isso {count}"].figure(key, spread=SPREAD) if plan.isso else absent
    return found[f"agora {count}"].figure(key, spread=SPREAD), theirs


def storm_rows(place: Place, found: dict[str, Series], writers: Writers) -> list[Row]:
    """What became of the comments of all runs, disturbed ones too: nothing excuses a loss."""
    published, different = site.published_under(place, site.WRITTEN)
    return [
        Row("wait of one, 1 writer (median)", found["agora 1"].figure("p50", spread=SPREAD), "ms"),
        Row(
            f"slowest of a hundred, {STORM} writers",
            found[f"agora {STORM}"].figure("p99", spread=0.3),
            "ms",
            wanted=at_most(SLOWEST),
        ),
        Row("answers 5xx or none, all runs", Figure(writers.failed), "answers", wanted=at_most(0)),
        Row(
            f"lost, of {writers.accepted:,} accepted",
            Figure(max(0, writers.accepted - different)),
            "comments",
            wanted=at_most(0),
        ),
        Row("there twice", Figure(published - different), "comments", wanted=at_most(0)),
    ]


def beside_readers(plan: Plan, agora: Served, writers: Writers) -> list[Row]:
    """Readers of a page from memory, alone and while the storm goes on."""
    path = f"/posts/{site.READ}"
    works: dict[str, Work] = {
        "alone": plan.reads(agora, path, headers=GZIP),
        "beside": partial(_read_in_the_storm, plan, agora, path, writers),
    }
    found = in_turn(plan.watch, works, plan.seconds)
    return [
        Row(
            f"readers of one page, beside {STORM} writers",
            found["beside"].figure("rate", spread=SPREAD),
            "requests/s",
            "readers alone",
            found["alone"].figure("rate"),
            ratio_of_at_least(READERS_KEEP),
        ),
        Row("comments accepted beside these readers", found["beside"].figure("accepted", spread=0.3), "comments/s"),
    ]


def _read_in_the_storm(plan: Plan, agora: Served, path: str, writers: Writers, seconds: float) -> dict[str, float]:
    with load.readers(agora.address, path, seconds, processors={plan.processors.load}, headers=GZIP) as process:
        ledger = writers.write(at_once=STORM, seconds=seconds)
        reading = load.finish(process)
    return {"rate": reading.rate, "wrong": reading.wrong, "accepted": ledger.rate}


def journal_of_isso(folder: Path) -> str:
    """How durable Isso's comments are: its journal, and when SQLite waits for the disk."""
    connection = sqlite3.connect(folder / "isso.db")
    try:
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    finally:
        connection.close()
    return f"journal_mode={journal}, synchronous={['OFF', 'NORMAL', 'FULL', 'EXTRA'][synchronous]}"
