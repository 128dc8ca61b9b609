"""`make bench`: Agora and what it is measured against, side by side in one run; one table, JSON and a chart.

Needs wrk (Debian's package `wrk`); nginx and PostgreSQL where they are installed; Isso is installed beside, from PyPI.
"""

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from bench import ROOT, chart, commenting, discussion, living, making, on_postgresql, reading, report
from bench.plan import Plan
from bench.rounds import Figure, Length
from bench.rows import Row, Section
from bench.stillness import Watch, take_processors

SECTIONS: dict[str, Callable[[Plan], Section]] = {
    "reading": reading.measure,
    "making": making.measure,
    "commenting": commenting.measure,
    "discussion": discussion.measure,
    "living": living.measure,
    "postgresql": on_postgresql.measure,
    "hour": living.measure_an_hour,
}
# What takes an hour by the clock is measured only where it is asked for.
USUAL = [name for name in SECTIONS if name != "hour"]
# Where nobody reads; comments then without the readers beside them.
WITHOUT_WRK = ("commenting", "discussion")
# How long the comparisons are, and how many requests test the memory.
LENGTHS = {
    "quick": (Length(seconds=1, wanted=9, most=12), 20_000),
    "usual": (Length(seconds=1, wanted=15, most=20), 100_000),
    "long": (Length(seconds=3, wanted=21, most=30), 1_000_000),
}
# Of all parts; the longer time where many rounds are disturbed.
TAKES = {"quick": "about eight minutes", "usual": "about a quarter of an hour", "long": "an hour or more"}


def main() -> int:
    options = parser().parse_args()
    if not options.only:
        print(f"This takes {TAKES[options.length]}.", flush=True)
    with tempfile.TemporaryDirectory(prefix="agora-bench-") as folder:
        plan = new_plan(Path(folder), options)
        parts = {name: measured(plan, name) for name in wanted_parts(plan, options.only or USUAL)}
        found_on = report.circumstances(plan)
    print("\n" + report.as_text(list(parts.values())))
    if not options.rough:
        tell(parts, found_on, options)
    return 0


def wanted_parts(plan: Plan, names: list[str]) -> list[str]:
    """Those that can be measured; says which cannot."""
    left_out = [] if plan.wrk else [name for name in names if name not in WITHOUT_WRK]
    if left_out:
        print(f"wrk is not installed (Debian: apt-get install wrk), so these are left out: {', '.join(left_out)}.")
    return [name for name in names if name not in left_out]


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench OPTIONS=…", description=__doc__, epilog="Example: make bench OPTIONS='--only reading'"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", dest="length", action="store_const", const="quick", help="short runs")
    length.add_argument(
        "--long", dest="length", action="store_const", const="long", help="long runs, a million requests for the memory"
    )
    parser.set_defaults(length="usual")
    parser.add_argument("--requests", type=int, metavar="N", help="another number of requests for the memory")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=SECTIONS,
        metavar="PART",
        help=f"of {', '.join(SECTIONS)}; the last one is measured only where it is asked for",
    )
    told = parser.add_mutually_exclusive_group()
    told.add_argument("--rough", action="store_true", help="print figures of disturbed runs too, marked with ~")
    told.add_argument("--write", action="store_true", help="put table and chart into docs/, with parts measured before")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "var" / "bench", help="folder for JSON and chart (var/bench)"
    )
    return parser


def new_plan(folder: Path, options: argparse.Namespace) -> Plan:
    processors = take_processors()
    length, requests = LENGTHS[options.length]
    return Plan(folder, processors, Watch(processors, rough=options.rough), length, options.requests or requests)


def measured(plan: Plan, name: str) -> Section:
    begun = time.monotonic()
    print(f"Measuring {name} …", flush=True)
    try:
        section = SECTIONS[name](plan)
    except Exception as error:  # a part that breaks must not take what others found with it
        traceback.print_exc()
        section = Section(name.capitalize(), [Row(name, Figure(None, f"it broke: {error!r}"), "")])
    print(f"  {time.monotonic() - begun:.0f} s", flush=True)
    return section


def tell(parts: dict[str, Section], found_on: dict[str, object], options: argparse.Namespace) -> None:
    """Keep the results beside those of parts that were measured before, and put all into the documents if wanted."""
    options.results.mkdir(parents=True, exist_ok=True)
    results, picture = options.results / "bench.json", options.results / "bench.svg"
    known = report.parts_of(results) | parts
    parts = {name: known[name] for name in SECTIONS if name in known}
    results.write_text(report.as_json(parts, found_on), encoding="utf-8")
    picture.write_text(chart.drawn(list(parts.values())), encoding="utf-8")
    print(f"\nAll results: {results}; chart: {picture}")
    if options.write:
        table = report.as_markdown(list(parts.values()), found_on)
        report.write_between_marks(ROOT / "docs" / "performance.md", table)
        shutil.copy(picture, ROOT / "docs" / "images" / "performance.svg")
        print("Written to docs/performance.md and docs/images/performance.svg.")


if __name__ == "__main__":
    sys.exit(main())
