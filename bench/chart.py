"""A chart of the ratios, as SVG; readable on light and dark ground."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from bench.report import number, wanted_words
from bench.rows import Row, Section

WIDTH, MARGIN = 860, 24
BARS, LONGEST = 336, 280  # where the bars begin, and how long they may be
FIGURES = BARS + LONGEST + 24  # the ratios in words begin here
BAR, PAIR, TITLE = 16, 46, 48  # heights
LEGEND = (
    "Agora’s figure in ratio to the other’s. Broken line: alike. Thick line: what was wanted. Thin line: where it lies."
)

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2a24; }
.title { font-weight: 600; font-size: 15px; }
.faint { fill: #5c6b63; }
.ours { fill: #2c7a55; }
.missed { fill: #b3472e; }
.half { stroke: #1f2a24; stroke-width: 1.5; }
.one { stroke: #5c6b63; stroke-dasharray: 3 3; }
.goal { stroke: #1f2a24; stroke-width: 3; }
.ground { fill: #fdfdfb; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ede8; }
  .faint { fill: #a3b2a9; }
  .ours { fill: #4f9f78; }
  .missed { fill: #d0705a; }
  .half, .goal { stroke: #e6ede8; }
  .one { stroke: #a3b2a9; }
  .ground { fill: #161c18; }
}"""


def drawn(sections: Sequence[Section]) -> str:
    """A bar for each ratio; those of a section share a scale, on which a broken line says where both are alike."""
    shapes = [_text(MARGIN, MARGIN + 8, LEGEND, "faint")]
    height = MARGIN + 16
    for section in sections:
        rows = [row for row in section.rows if row.ratio and row.ratio.number is not None]
        if rows:
            shapes += _section(section.title, rows, height)
            height += TITLE + PAIR * len(rows)
    height += MARGIN // 2
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


def _section(title: str, rows: Sequence[Row], top: int) -> Iterator[str]:
    yield _text(MARGIN, top + 26, title, "title")
    most = max(1.0, *(place for row in rows for place in _places(row)))
    one = BARS + LONGEST / most
    yield _line("one", one, top + TITLE - 8, one, top + TITLE + PAIR * len(rows) - 12)
    for place, row in enumerate(rows):
        yield from _bar(row, top + TITLE + PAIR * place, LONGEST / most)


def _bar(row: Row, top: int, scale: float) -> Iterator[str]:
    ratio, *others = _places(row)
    low, high, *goal = (BARS + place * scale for place in others)
    kind, middle = "missed" if row.is_reached is False else "ours", top + BAR / 2
    yield _text(MARGIN, top + 11, row.name)
    yield _text(MARGIN, top + 28, f"beside {row.against.replace('`', '')}", "faint")
    yield f'<rect class="{kind}" x="{BARS}" y="{top}" width="{max(1.0, ratio * scale):.1f}" height="{BAR}" rx="2"/>'
    yield _line("half", low, middle, high, middle)
    for place in goal:
        yield _line("goal", place, top - 4, place, top + BAR + 4)
    yield _text(FIGURES, top + 11, _ratio_words(row))
    yield _text(FIGURES, top + 28, _absolute_words(row), "faint")


def _places(row: Row) -> list[float]:
    """On the scale: the ratio, its interval, and the goal if there is one."""
    assert row.ratio
    goal = [row.wanted.bound] if row.wanted and row.wanted.of_ratio else []
    return [row.ratio.number or 0.0, row.ratio.low, row.ratio.high, *goal]


def _ratio_words(row: Row) -> str:
    wanted = f" · wanted {wanted_words(row.wanted).removeprefix('ratio ')}" if row.wanted else ""
    return f"{number(_places(row)[0])}{wanted}{', missed' if row.is_reached is False else ''}"


def _absolute_words(row: Row) -> str:
    ours, theirs = (figure.number if figure else None for figure in (row.figure, row.reference))
    return f"{number(ours)} : {number(theirs)} {row.unit}" if ours is not None and theirs is not None else ""


def _line(kind: str, left: float, top: float, right: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{left:.1f}" y1="{top:.1f}" x2="{right:.1f}" y2="{bottom:.1f}"/>'


def _text(left: float, top: float, words: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{left:.1f}" y="{top}"{style}>{escape(words)}</text>'
