"""What is told at the end: the table for a terminal and for the documents, and everything as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.plan import Plan
from bench.rounds import Figure
from bench.rows import Row, Section, Wanted

HEAD = ("figure", "Agora", "against", "its figure", "ratio", "wanted", "goal", "loop")
ALIGNED = ("---", "---:", "---", "---:", "---:", "---", "---", "---:")  # in Markdown
FORM = 2  # of the JSON: what was kept in another one is not read
BEGIN, END = "<!-- written by `make bench`: begin -->", "<!-- written by `make bench`: end -->"


def circumstances(plan: Plan) -> dict[str, Any]:
    """On what the figures were measured."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("agora", "uvicorn", "uvloop", "httptools", "starlette", "sqlalchemy")},
        "wrk": plan.wrk,
        "seconds of one run": plan.length.seconds,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def as_text(sections: Sequence[Section]) -> str:
    """For a terminal."""
    rows = [(section.title, [_cells(row) for row in section.rows]) for section in sections]
    widths = [max(len(cells[column]) for cells in (HEAD, *_flat(rows))) for column in range(len(HEAD))]
    lines = [_line(HEAD, widths), _line(tuple("-" * width for width in widths), widths)]
    for title, cells in rows:
        lines += ["", title, *(_line(each, widths) for each in cells)]
    return "\n".join(lines + _refusals(sections, "  "))


def as_markdown(sections: Sequence[Section], found_on: dict[str, Any]) -> str:
    """For the documents."""
    lines = [f"Measured with {', '.join(f'{name} {value}' for name, value in found_on.items())}."]
    lines += ["", "![Agora beside its references, as bars](images/performance.svg)"]
    for section in sections:
        lines += [
            "",
            f"### {section.title}",
            "",
            _when(section),
            "",
            _markdown_row(HEAD),
            _markdown_row(ALIGNED),
        ]
        lines += [_markdown_row(_cells(row)) for row in section.rows]
    return "\n".join(lines + _refusals(sections, "- "))


def _when(section: Section) -> str:
    """The moment, and the programs that only this part has."""
    return ", ".join([section.measured, *(f"{name} {note}" for name, note in section.notes.items())]) + "."


def as_json(parts: Mapping[str, Section], found_on: dict[str, Any]) -> str:
    return json.dumps(
        {"form": FORM, "circumstances": found_on, "parts": {name: asdict(section) for name, section in parts.items()}},
        indent=1,
        ensure_ascii=False,
    )


def parts_of(path: Path) -> dict[str, Section]:
    """The parts that were measured before, as `as_json` kept them."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    parts = kept["parts"] if kept.get("form") == FORM else {}
    return {name: Section(**{**part, "rows": [_row(row) for row in part["rows"]]}) for name, part in parts.items()}


def _row(kept: dict[str, Any]) -> Row:
    wanted = kept["wanted"]
    return Row(
        **{
            **kept,
            **{name: kept[name] and _figure(kept[name]) for name in ("figure", "reference", "ratio")},
            "wanted": wanted and Wanted(**wanted),
        }
    )


def _figure(kept: dict[str, Any]) -> Figure:
    return Figure(**{**kept, "runs": tuple(kept["runs"])})


def write_between_marks(path: Path, text: str) -> None:
    """Put the table where the marks of the document stand."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


# One row

REFUSED = "refused"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{told(row.figure)} {row.unit}{_range(row.figure)}".strip() if row.figure.number is not None else REFUSED,
        row.against or "",
        told(row.reference) if row.reference else "",
        f"{told(row.ratio)}{_range(row.ratio)}" if row.ratio else "",
        wanted_words(row.wanted),
        {True: "reached", False: "NOT REACHED", None: "" if row.wanted is None else "open"}[row.is_reached],
        f"{row.figure.pace:.2f} s" if row.figure.pace else "",
    )


def _range(figure: Figure) -> str:
    """Between which two: the interval of ratios, all runs of other figures. Nothing where there was one run."""
    return f" ({number(figure.low)}–{number(figure.high)})" if figure.number is not None and figure.runs else ""


def told(figure: Figure) -> str:
    if figure.number is None:
        return REFUSED
    return ("~" if figure.rough else "") + number(figure.number)


def number(value: float) -> str:
    """With as many digits as say something."""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def wanted_words(wanted: Wanted | None) -> str:
    if wanted is None:
        return ""
    return f"{'ratio ' if wanted.of_ratio else ''}{'≤' if wanted.at_most else '≥'} {wanted.bound:g}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _flat(rows: list[tuple[str, list[tuple[str, ...]]]]) -> list[tuple[str, ...]]:
    return [cells for _, group in rows for cells in group]


def _refusals(sections: Sequence[Section], bullet: str) -> list[str]:
    found = dict.fromkeys(refusal for section in sections for row in section.rows for refusal in row.refusals)
    return ["", "Refused:", "", *(f"{bullet}{each}" for each in found)] if found else []
