"""A chart of the figures that have something to be compared with, as SVG; readable on light and dark ground."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from bench.report import number, wanted_words
from bench.rows import Row, Section

WIDTH, MARGIN = 860, 24
LABELS = 330  # the bars begin here
LONGEST = WIDTH - LABELS - 260  # room for the figures at their ends
BAR, PAIR, TITLE = 14, 46, 44  # heights

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2a24; }
.title { font-weight: 600; font-size: 15px; }
.faint, .against { fill: #5c6b63; }
.ours { fill: #2c7a55; }
.theirs { fill: #b9c4bd; }
.missed { fill: #b3472e; }
.ground { fill: #fdfdfb; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ede8; }
  .faint, .against { fill: #a3b2a9; }
  .ours { fill: #6fc79b; }
  .theirs { fill: #56635b; }
  .missed { fill: #f0907a; }
  .ground { fill: #161c18; }
}"""


def drawn(sections: Sequence[Section]) -> str:
    """Two bars for each comparison; those of a section that have the same unit share a scale."""
    shapes: list[str] = []
    height = MARGIN
    for section in sections:
        rows = [row for row in section.rows if is_told(row)]
        if rows:
            shapes += _section(section.title, rows, height)
            height += TITLE + PAIR * len(rows)
    height += MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'aria-label="Agora beside its references; the table has the same figures">',
            f"<style>\n{STYLE}\n</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def is_told(row: Row) -> bool:
    """Whether both figures and their ratio are there to be drawn."""
    return all(figure and figure.number is not None for figure in (row.figure, row.reference, row.ratio))


def _section(title: str, rows: Sequence[Row], top: int) -> Iterator[str]:
    yield _text(MARGIN, top + 20, title, "title")
    most: dict[str, float] = {}
    for row in rows:
        most[row.unit] = max(most.get(row.unit, 0.0), *_numbers(row)[:2])
    for place, row in enumerate(rows):
        yield from _pair(row, top + TITLE + PAIR * place, LONGEST / most[row.unit])


def _pair(row: Row, top: int, scale: float) -> Iterator[str]:
    ours, theirs, ratio = _numbers(row)
    wanted = f" (wanted {wanted_words(row.wanted)})" if row.is_reached is False else ""
    yield _text(MARGIN, top + 11, row.name)
    yield _text(MARGIN, top + 27, row.against.replace("`", ""), "against")
    kind, told = "missed" if wanted else "ours", f"{number(ours)} {row.unit} · × {number(ratio)}{wanted}"
    yield from _bar(top, ours, scale, kind, told)
    yield from _bar(top + BAR + 2, theirs, scale, "theirs", number(theirs))


def _numbers(row: Row) -> tuple[float, float, float]:
    """Ours, theirs, and the ratio."""
    ours, theirs, ratio = (figure.number if figure else None for figure in (row.figure, row.reference, row.ratio))
    return ours or 0.0, theirs or 0.0, ratio or 0.0


def _bar(top: int, value: float, scale: float, kind: str, label: str) -> Iterator[str]:
    length = max(1.0, value * scale)
    yield f'<rect class="{kind}" x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2"/>'
    yield _text(LABELS + length + 8, top + 11, label, "faint" if kind == "theirs" else "")


def _text(left: float, top: float, words: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{left:.1f}" y="{top}"{style}>{escape(words)}</text>'
