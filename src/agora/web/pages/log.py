"""The public log of moderation: a page, a feed, and the whole of it as a file that anyone can verify."""

from collections.abc import Iterator

from markupsafe import Markup
from starlette.responses import Response, StreamingResponse

from agora.i18n import translate
from agora.rules import log_lines
from agora.rules.errors import N_, NotFound
from agora.rules.ledger import Signed
from agora.store import ledger, log_export
from agora.web import cache
from agora.web.context import Context, House, whole_number
from agora.web.pages import feeds
from agora.web.pages.feeds import Entry, tag_id
from agora.web.presenters.log import LogLine, log_lines_of

PAGE = 50


def show(context: Context) -> Response:
    """What was decided and why, without names: nobody is shown to the public for having been moderated."""
    chosen = context.query("kind")
    if chosen and chosen not in log_lines.LISTS:
        raise NotFound()
    entries = ledger.page(context.session, _kinds(chosen), before=whole_number(context.query("before")), size=PAGE)
    number, seal = ledger.head(context.session)
    return context.page(
        "moderation/log.html",
        lines=log_lines_of(context, entries),
        older=_older(context, chosen, entries[-1].number) if len(entries) == PAGE else None,
        lists=[(name, _address(context, word), word == chosen) for word, name in _lists()],
        head=f"{number}:{seal}" if number else "",
        checkpoint=ledger.latest_checkpoint(context.session),
        file=context.url("log_file"),
        feed_path=context.url("log_feed"),
    )


def _lists() -> list[tuple[str, str]]:
    return [("", N_("Everything")), *((word, name) for word, (name, _) in log_lines.LISTS.items())]


def _kinds(chosen: str) -> tuple[str, ...]:
    return log_lines.LISTS[chosen][1] if chosen else ()


def _address(context: Context, chosen: str) -> str:
    return context.url("log") + (f"?kind={chosen}" if chosen else "")


def _older(context: Context, chosen: str, last: int) -> str:
    return f"{context.url('log')}?{f'kind={chosen}&' if chosen else ''}before={last}"


def feed(context: Context) -> Response:
    before = whole_number(context.query("before"))
    entries = ledger.page(context.session, (), before=before, size=feeds.SIZE)
    lines = log_lines_of(context, entries)
    number, seal = ledger.head(context.session)
    language = context.settings.language
    return feeds.show_feed(
        context,
        [_feed_entry(context, line) for line in lines],
        str(entries[-1].number) if len(entries) == feeds.SIZE else None,
        title=f"{translate(language, N_('Moderation log'))} · {context.site.title}",
        subtitle=translate(language, N_("Head of the log: %(head)s"), {"head": f"{number}:{seal}"}),
        page=context.url("log"),
        name="log",
        language=language,
    )


def _feed_entry(context: Context, line: LogLine) -> Entry:
    language = context.settings.language
    html = context.render("moderation/_log_entry.html", language=language, line=line, base=context.settings.base_url)
    return Entry(
        id=tag_id(context, f"log/{line.number}"),
        url=f"{context.address('log')}?before={line.number + 1}#entry-{line.number}",
        title=f"{line.number}. {translate(language, line.what)}",
        names=[(line.name or translate(language, line.by or N_("The site")), "")],
        published=line.at,
        updated=line.at,
        html=Markup(html),  # noqa: S704 - what our own template made
        summary="",
        language=language,
        tags=[],
    )


def file(context: Context) -> Response:
    """The log up to its last checkpoint, as `agora moderation verify` reads it."""
    checkpoint = ledger.latest_checkpoint(context.session)
    if checkpoint is None:
        raise NotFound(N_("The log has not been signed yet. Please come back in an hour."))
    head = ledger.signed(checkpoint)
    lines = _lines(context.house, log_export.header(context.session, head), head)
    named = f'attachment; filename="log-{head.number}.jsonl"'
    headers = {"Content-Disposition": named, "Cache-Control": cache.PRIVATE}
    return StreamingResponse(lines, media_type="application/jsonl", headers=headers)


def _lines(house: House, header: str, head: Signed) -> Iterator[str]:
    """Each batch is read by itself: a reader with a slow line keeps nobody else from the database."""
    yield header
    after = 0
    while after < head.number:
        with house.database.read() as session:
            batch = ledger.batch(session, after=after, until=head.number)
            text = "".join(line for _, line in log_export.of_batch(batch))
        yield text
        after = batch[-1].entry.number
