"""What the table says of figures and goals, and where it stands in a document."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bench.chart import drawn
from bench.commenting import fate_rows
from bench.living import slope
from bench.load import reading_of
from bench.posting import Writers
from bench.report import BEGIN, END, as_json, as_text, parts_of, write_between_marks
from bench.rounds import Figure
from bench.rows import Row, Section, Wanted, at_most, ratio_of_at_least
from bench.site import Written
from bench.texts import comment_text, number_of
from house import text_of

WRK = """\
Running 2s test @ http://127.0.0.1:8000/
  1 threads and 32 connections
  Latency Distribution
     50%    2.10ms
     99%    1.05s
  13482 requests in 2.10s, 110.00MB read
  Socket errors: connect 0, read 1, write 0, timeout 2
  Non-2xx or 3xx responses: 4
Requests/sec:   6420.15
Transfer/sec:     52.38MB
"""


def lies_around(ratio: float) -> Figure:
    return Figure(ratio, low=ratio - 0.02, high=ratio + 0.02)


def row(figure: float | None, reference: float, wanted: Wanted) -> Row:
    ours = Figure(figure, "" if figure else "disturbed")
    ratio = Figure(None, ours.refused) if figure is None else lies_around(figure / reference)
    return Row("post page", ours, "/s", "raw", Figure(reference), ratio, wanted)


@pytest.mark.parametrize(
    ("found", "reached"),
    [
        (row(90, 100, ratio_of_at_least(0.85)), True),
        (row(80, 100, ratio_of_at_least(0.85)), False),
        (row(84, 100, ratio_of_at_least(0.85)), None),
        (row(86, 100, ratio_of_at_least(0.85)), None),
        (row(4, 1, at_most(5)), True),
        (row(None, 100, ratio_of_at_least(0.85)), None),
    ],
)
def test_goal_is_judged(found: Row, reached: bool | None) -> None:
    assert found.is_reached is reached


def test_table_says_why_a_figure_is_missing() -> None:
    text = as_text([Section("Pages", [row(None, 100, ratio_of_at_least(0.85))])])
    assert text.splitlines()[4].split()[2] == "refused"
    assert "post page: disturbed" in text


def test_chart_draws_what_is_told() -> None:
    rows = [row(80, 100, ratio_of_at_least(0.85)), row(None, 100, ratio_of_at_least(0.85))]
    picture = drawn([Section("Pages", rows), Section("Refused", rows[1:])])
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert picture.count('<rect class="missed"') == 1
    assert "Refused" not in picture


def test_parts_are_kept_whole(tmp_path: Path) -> None:
    start = Row("start", Figure(0.9, low=0.9, high=0.91, pace=0.5, runs=(0.9, 0.91)), "s", wanted=at_most(1.0))
    part = Section("Pages", [row(None, 100, ratio_of_at_least(0.85)), row(90, 100, ratio_of_at_least(0.85)), start])
    (tmp_path / "bench.json").write_text(as_json({"reading": part}, {}))
    assert parts_of(tmp_path / "bench.json") == {"reading": part}


def test_parts_of_another_form_are_left_aside(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text('{"parts": {"reading": {}}}')
    assert parts_of(tmp_path / "bench.json") == {}


@pytest.mark.parametrize(
    ("times", "lost", "twice"), [({1: 1, 2: 1, 3: 1}, 0, 0), ({1: 1, 3: 2}, 1, 1), ({3: 1, -1: 1}, 2, 0)]
)
def test_acknowledged_comments_are_counted_in_any_state(times: dict[int, int], lost: int, twice: int) -> None:
    writers = Writers("http://127.0.0.1:8000", lambda _: b"")
    writers.acknowledged.update({1, 2, 3})
    rows = {row.name: row.figure.number for row in fate_rows(Written(Counter(times), held=2), writers)}
    assert rows["lost, of 3 accepted"] == lost
    assert rows["there twice"] == twice
    assert rows["held for a moderator, of 3"] == 2


def test_numbers_of_comments_are_found_again() -> None:
    assert [number_of(comment_text(number)) for number in (1, 2_345)] == [1, 2_345]
    assert number_of("Another comment.") == -1


def test_wrk_is_understood() -> None:
    found = reading_of(WRK)
    assert (found.requests, found.rate, found.p99, found.wrong) == (13482, 6420.15, 1050.0, 7)


def test_slope_leaves_out_the_warming() -> None:
    looks = [(0, 60.0), (100_000, 80.0), (250_000, 90.0), (500_000, 90.5), (1_000_000, 91.5)]
    assert slope(looks) == pytest.approx(2.0)


def test_table_is_put_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"Before\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter\n")
    write_between_marks(document, "new")
    assert document.read_text() == f"Before\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter\n"


def test_document_has_the_marks() -> None:
    text = text_of("docs", "performance.md")
    assert text.count(BEGIN) == text.count(END) == 1
