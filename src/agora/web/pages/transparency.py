"""The transparency report of a year: as a page, in the parts of the harmonised template, and statement by statement."""

import json
from collections.abc import Iterator

from starlette.responses import Response, StreamingResponse

from agora.actions import transparency as actions
from agora.rules import duties, transparency
from agora.rules.counted import Year
from agora.rules.errors import NotFound
from agora.rules.transparency import Identity, Part
from agora.store import transparency as store
from agora.web import cache
from agora.web.context import Context, House, whole_number
from agora.web.presenters.transparency import charts, figures, months

# Years that have four digits, and that a database knows.
FIRST, LAST = 2000, 2037


def show(context: Context) -> Response:
    number = _year(context)
    counted = store.year(context.session, number)
    url = context.url("report_of_year")
    return context.page(
        "moderation/report.html",
        year=number,
        years=[(each, f"{url}?year={each}", each == number) for each in _years(context)],
        is_empty=counted.is_empty,
        figures=figures(counted),
        charts=charts(counted),
        months=months(counted),
        operator=duties.OPERATOR_NAMES[context.settings.operator],
        duty=duties.DUTIES[context.settings.operator],
        parts=[
            (part, name, f"{context.url('report_part', part=part)}?year={number}")
            for part, name in transparency.PART_NAMES.items()
        ],
        whole=f"{context.url('report_data')}?year={number}",
        statements=f"{context.url('report_statements')}?year={number}",
    )


def _year(context: Context) -> int:
    named = context.query("year")
    number = whole_number(named) if named else context.now.year
    if number is None or not FIRST <= number <= LAST:
        raise NotFound()
    return number


def _years(context: Context) -> list[int]:
    """From the first one that has records to this one, the latest first."""
    first = store.first_year(context.session) or context.now.year
    return list(range(context.now.year, min(first, context.now.year) - 1, -1))


def _parts(context: Context) -> tuple[Year, list[Part]]:
    counted = store.year(context.session, _year(context))
    identity = Identity(
        service=context.site.title,
        address=context.settings.base_url,
        contact=context.site.contact,
        operator=context.settings.operator,
        charter=context.address("charter"),
    )
    return counted, transparency.parts(counted, identity)


def part(context: Context) -> Response:
    """One part as CSV."""
    number = whole_number(context.path("part")) or 0
    counted, parts = _parts(context)
    if number not in transparency.PART_NAMES:
        raise NotFound()
    response = Response(parts[number - 1].as_csv(), media_type="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="report-{counted.year}-part-{number}.csv"'
    return response


def whole(context: Context) -> Response:
    """All parts as JSON: the same records give the same bytes."""
    counted, parts = _parts(context)
    said = {
        "year": counted.year,
        "parts": [{"number": p.number, "name": p.name, "columns": p.columns, "rows": p.rows} for p in parts],
    }
    text = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
    return Response(f"{text}\n", media_type="application/json")


def statements(context: Context) -> Response:
    """Every statement of reasons of a year in the Commission's schema, one a line."""
    number = _year(context)
    lines = _lines(context.house, context.address("charter"), number)
    named = f'attachment; filename="statements-{number}.jsonl"'
    headers = {"Content-Disposition": named, "Cache-Control": cache.PRIVATE}
    return StreamingResponse(lines, media_type="application/jsonl", headers=headers)


def _lines(house: House, charter_url: str, year: int) -> Iterator[str]:
    """Each batch is read by itself: a reader with a slow line keeps nobody else from the database."""
    after, language = 0, house.settings.language
    while True:
        with house.database.read() as session:
            batch = actions.statements(session, year, after=after, charter_url=charter_url, language=language)
        yield "".join(f"{json.dumps(told, ensure_ascii=False, sort_keys=True)}\n" for _, told in batch)
        if not batch:
            return
        after = batch[-1][0]
