"""The same on PostgreSQL, which shares the server's processor with Agora, beside Agora on SQLite."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from servers.postgres import PostgresServer, found_programs

from bench import posting, programs, site
from bench.commenting import (
    STORM,
    readers_and_writers,
    readers_rows,
    storm_rows,
    writers_at_once,
    writes,
)
from bench.making import POST
from bench.plan import Plan
from bench.programs import Served
from bench.rounds import Contest, Figure, in_turn
from bench.rows import Row, Section, compared
from bench.site import Place

AT_ONCE = (1, STORM)
TITLE = "PostgreSQL, on the server's processor too"
OURS, OTHER = "postgresql", "sqlite"
ANEW = "post page made anew, one process"


def measure(plan: Plan) -> Section:
    if not found_programs():
        return Section(TITLE, [Row("everything", Figure(None, "no PostgreSQL server is installed"), "")])
    with ExitStack() as stack:
        server = stack.enter_context(_on_the_servers_processor(plan))
        places = {
            OURS: Place(plan.new_folder("postgresql"), server.create_database("bench")),
            OTHER: plan.site("beside-postgresql"),
        }
        site.fill(places[OURS])

        def served(name: str, **changes: str) -> Served:
            place = places[name]
            return stack.enter_context(programs.agora(place.folder, place.environment(**changes), plan.server))

        agoras = {name: served(name) for name in places}
        writers = {name: posting.to_agora(agora.address, site.WRITTEN) for name, agora in agoras.items()}
        contests: dict[str, Contest] = {
            ANEW: {name: plan.reads(served(name, page_memory="0"), POST) for name in places},
            **{
                writers_at_once(count): {name: writes(writers[name], agoras[name], count) for name in places}
                for count in AT_ONCE
            },
            f"readers beside {STORM} writers": readers_and_writers(plan, agoras[OURS], writers[OURS]),
        }
        found = in_turn(plan.watch, contests, plan.length)
        storm = storm_rows(places[OURS], found, OURS, writers[OURS])

    def beside(name: str, contest: str, unit: str) -> Row:
        return compared(name, found[contest], OURS, "rate", unit, against="SQLite", theirs=OTHER)

    accepted = [
        beside(f"accepted, {writers_at_once(count)}", writers_at_once(count), "comments/s") for count in AT_ONCE
    ]
    return Section(TITLE, [beside(ANEW, ANEW, "requests/s"), *accepted, *storm, *readers_rows(found)])


@contextmanager
def _on_the_servers_processor(plan: Plan) -> Iterator[PostgresServer]:
    """What is started meanwhile stays where it was started, and its children too."""
    os.sched_setaffinity(0, plan.server)
    try:
        server = PostgresServer().__enter__()
    finally:
        os.sched_setaffinity(0, {plan.processors.load})
    try:
        yield server
    finally:
        server.close()
