"""The same on PostgreSQL, which shares the server's processor with Agora."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from servers.postgres import PostgresServer, found_programs

from bench import posting, programs, site
from bench.commenting import SPREAD, STORM, beside_readers, storm_rows, writes
from bench.making import POST
from bench.plan import Plan
from bench.rows import Row, Section
from bench.samples import Figure, in_turn
from bench.site import Place

AT_ONCE = (1, STORM)
TITLE = "PostgreSQL, on the server's processor too"


def measure(plan: Plan) -> Section:
    if not found_programs():
        return Section(TITLE, [Row("everything", Figure(None, "no PostgreSQL server is installed"), "")])
    with ExitStack() as stack:
        server = stack.enter_context(_on_the_servers_processor(plan))
        place = Place(plan.new_folder("postgresql"), server.create_database("bench"))
        site.fill(place)
        anew = stack.enter_context(programs.agora(place.folder, place.environment(page_memory="0"), plan.server))
        agora = stack.enter_context(programs.agora(place.folder, place.environment(), plan.server))
        writers = posting.to_agora(agora.address, site.WRITTEN)
        works = {f"agora {count}": writes(writers, agora, count) for count in AT_ONCE}
        found = in_turn(plan.watch, {"anew": plan.reads(anew, POST), **works}, plan.seconds)
        readers = beside_readers(plan, agora, writers)
        storm = storm_rows(place, found, writers)
    rates = [
        Row(f"accepted, {count} at once", found[f"agora {count}"].figure("rate", spread=SPREAD), "comments/s")
        for count in AT_ONCE
    ]
    return Section(
        TITLE,
        [Row("post page made anew, one process", found["anew"].figure("rate"), "requests/s"), *rates, *storm, *readers],
    )


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
