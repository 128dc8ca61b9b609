"""Comments: how many are accepted, beside Isso; what a storm of them does to readers and loses."""

import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import load, posting, programs, site
from bench.plan import Plan
from bench.posting import Writers
from bench.programs import Served
from bench.rounds import Figure, Length, Rounds, Work, in_turn
from bench.rows import Row, Section, Wanted, at_most, compared, ratio_of_at_least
from bench.site import Place

AT_ONCE = (1, 16, 64)
STORM = 64
TIMES_ISSO = 3.0
SLOWEST = 1000.0  # milliseconds, for 99 of 100 in the storm
READERS_KEEP = 0.7
GZIP = {"Accept-Encoding": "gzip"}  # as browsers ask, so that the readers do not only wait for the load's processor
# What the slowest wait for is less even than all else.
SPREAD_OF_SLOWEST = 0.30
LONGER = 2  # times the length of other runs: so that Isso too takes a few hundred comments in each
AGORA, ISSO, BESIDE, ALONE = "agora", "isso", "beside", "alone"


def measure(plan: Plan) -> Section:
    with ExitStack() as stack:
        place = plan.site("commenting")
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        writers = posting.to_agora(agora.address, site.WRITTEN)
        takers = {AGORA: (writers, agora)}
        if plan.isso:
            isso = stack.enter_context(programs.isso(plan.folder, plan.server))
            takers[ISSO] = posting.to_isso(isso.address), isso
        contests = {
            writers_at_once(count): {name: writes(*taker, count) for name, taker in takers.items()} for count in AT_ONCE
        }
        if plan.wrk:
            contests[f"readers beside {STORM} writers"] = readers_and_writers(plan, agora, writers)
        found = in_turn(plan.watch, contests, longer(plan.length))
    wanted = ratio_of_at_least(TIMES_ISSO)
    rows = [_beside_isso(plan, found, count, "rate", "comments/s", wanted) for count in AT_ONCE]
    rows += [_beside_isso(plan, found, 1, "cpu", "ms CPU")]
    return Section(
        "Comments, SQLite, on disk before the answer",
        [*rows, *storm_rows(place, found, AGORA, writers), *readers_rows(found)],
        {"isso": f"{plan.isso} ({journal_of_isso(plan.folder)})"} if plan.isso else {},
    )


def longer(length: Length) -> Length:
    return replace(length, seconds=length.seconds * LONGER)


def writers_at_once(count: int) -> str:
    return f"{count} writer{'s' if count > 1 else ''} at once"


def writes(writers: Writers, served: Served, at_once: int) -> Work:
    def work(seconds: float) -> dict[str, float]:
        before = served.seconds_used()
        ledger = writers.write(at_once=at_once, seconds=seconds)
        cpu = (served.seconds_used() - before) / max(1, ledger.accepted) * 1000
        return {"rate": ledger.rate, "p50": ledger.wait(50), "p99": ledger.wait(99), "cpu": cpu}

    return work


def _beside_isso(
    plan: Plan, found: Mapping[str, Rounds], count: int, key: str, unit: str, wanted: Wanted | None = None
) -> Row:
    name = f"accepted, {writers_at_once(count)}" if key == "rate" else "processor time of one"
    rounds = found[writers_at_once(count)]
    if not plan.isso:
        absent = Figure(None, "it could not be installed")
        return Row(name, rounds.figure(AGORA, key), unit, "Isso", absent, wanted=wanted)
    against = f"Isso {plan.isso}"
    return compared(name, rounds, AGORA, key, unit, against=against, theirs=ISSO, wanted=wanted)


def storm_rows(place: Place, found: Mapping[str, Rounds], ours: str, writers: Writers) -> list[Row]:
    """What became of the comments of all runs, disturbed ones too: nothing excuses a loss."""
    one, storm = found[writers_at_once(1)], found[writers_at_once(STORM)]
    return [
        Row("wait of one, 1 writer (median)", one.figure(ours, "p50"), "ms"),
        Row(
            f"slowest of a hundred, {STORM} writers",
            storm.figure(ours, "p99", spread=SPREAD_OF_SLOWEST),
            "ms",
            wanted=at_most(SLOWEST),
        ),
        *fate_rows(site.written_under(place, site.WRITTEN), writers),
    ]


def fate_rows(written: site.Written, writers: Writers) -> list[Row]:
    """Held comments were accepted like all others, and cost as much; they wait for a moderator instead of readers."""
    lost = sum(not written.times[number] for number in writers.acknowledged)
    twice = sum(times > 1 for number, times in written.times.items() if number >= 0)
    accepted = len(writers.acknowledged)
    return [
        Row("answers 5xx or none, all runs", Figure(writers.failed), "answers", wanted=at_most(0)),
        Row("answers 4xx, all runs", Figure(writers.refused), "answers"),
        Row(f"lost, of {accepted:,} accepted", Figure(lost), "comments", wanted=at_most(0)),
        Row("there twice", Figure(twice), "comments", wanted=at_most(0)),
        Row(f"held for a moderator, of {accepted:,}", Figure(written.held), "comments"),
    ]


def readers_and_writers(plan: Plan, agora: Served, writers: Writers) -> dict[str, Work]:
    """Readers of a page from memory, while the storm goes on and alone."""
    path = f"/posts/{site.READ}"
    return {
        BESIDE: partial(_read_in_the_storm, plan, agora, path, writers),
        ALONE: plan.reads(agora, path, headers=GZIP),
    }


def readers_rows(found: Mapping[str, Rounds]) -> list[Row]:
    rounds = found.get(f"readers beside {STORM} writers")
    if not rounds:
        return []
    return [
        compared(
            f"readers of one page, beside {STORM} writers",
            rounds,
            BESIDE,
            "rate",
            "requests/s",
            against="readers alone",
            theirs=ALONE,
            wanted=ratio_of_at_least(READERS_KEEP),
        ),
        Row(
            "comments accepted beside these readers",
            rounds.figure(BESIDE, "accepted", spread=SPREAD_OF_SLOWEST),
            "comments/s",
        ),
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
