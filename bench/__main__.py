"""`make bench`: Agora and what it is measured against, side by side in one run; one table, JSON and a chart.

Needs wrk (Debian's package `wrk`); nginx and PostgreSQL where they are installed; Isso is installed beside, from PyPI.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import ROOT, chart, commenting, growing, living, making, on_postgresql, reading, report
from bench.plan import Plan
from bench.rows import Section
from bench.stillness import Watch, take_processors

SECTIONS: dict[str, Callable[[Plan], Section]] = {
    "reading": reading.measure,
    "making": making.measure,
    "commenting": commenting.measure,
    "growing": growing.measure,
    "living": living.measure,
    "postgresql": on_postgresql.measure,
}
# Seconds of one run, and requests in the test of memory.
LENGTHS = {"quick": (1, 20_000), "usual": (2, 100_000), "long": (5, 1_000_000)}


def main() -> int:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="agora-bench-") as folder:
        plan = new_plan(Path(folder), options.length, rough=options.rough)
        if not plan.wrk:
            print("bench: nothing can be measured without wrk; install it (Debian: apt-get install wrk).")
            return 1
        sections = [measured(plan, name) for name in options.only or SECTIONS]
        found_on = report.circumstances(plan, sections)
    print("\n" + report.as_text(sections))
    tell(sections, found_on, options)
    return 0


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
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="PART", help=f"of {', '.join(SECTIONS)}")
    told = parser.add_mutually_exclusive_group()
    told.add_argument("--rough", action="store_true", help="print figures of disturbed runs too, marked with ~")
    told.add_argument("--write", action="store_true", help="put table and chart into docs/")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "var" / "bench", help="folder for JSON and chart (var/bench)"
    )
    return parser


def new_plan(folder: Path, length: str, *, rough: bool) -> Plan:
    processors = take_processors()
    seconds, requests = LENGTHS[length]
    return Plan(folder, processors, Watch(processors, rough=rough), seconds, requests)


def measured(plan: Plan, name: str) -> Section:
    begun = time.monotonic()
    print(f"Measuring {name} …", end=" ", flush=True)
    section = SECTIONS[name](plan)
    print(f"{time.monotonic() - begun:.0f} s", flush=True)
    return section


def tell(sections: list[Section], found_on: dict[str, object], options: argparse.Namespace) -> None:
    """Keep the results, and put them into the documents if that is wanted."""
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "bench.json").write_text(report.as_json(sections, found_on), encoding="utf-8")
    picture = options.results / "bench.svg"
    picture.write_text(chart.drawn(sections), encoding="utf-8")
    print(f"\nAll runs: {options.results / 'bench.json'}; chart: {picture}")
    if options.write:
        report.write_between_marks(ROOT / "docs" / "performance.md", report.as_markdown(sections, found_on))
        shutil.copy(picture, ROOT / "docs" / "images" / "performance.svg")
        print("Written to docs/performance.md and docs/images/performance.svg.")


if __name__ == "__main__":
    sys.exit(main())
