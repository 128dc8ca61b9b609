"""The administrator's register of orders of authorities."""

from datetime import UTC, datetime
from unicodedata import normalize
from zoneinfo import ZoneInfo

from starlette.responses import Response

from agora.actions import orders as actions
from agora.actions.orders import OrderDraft
from agora.i18n import country
from agora.rules import orders as rules
from agora.rules.commission_words import TERRITORIES
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.store import orders
from agora.store.measures import Order
from agora.web.context import Context, whole_number

PAGE = 30
FLASHES = {
    "register": N_("The order is in the register. Confirm its receipt to the authority without delay."),
    "confirm": N_("Noted: the authority knows that its order has come."),
    "answer": N_("Noted. Tell the authority what was done, and whoever is concerned."),
}
FIELDS = ("authority", "country", "kind", "received")


def show(context: Context) -> Response:
    return _show(context)


def _show(
    context: Context, *, status: int = 200, errors: dict[str, Message] | None = None, problem: Message | None = None
) -> Response:
    found = orders.register(context.session, before=whole_number(context.query("before")), size=PAGE)
    sent = {name: context.fields.line(name) for name in FIELDS}
    fresh = {"authority": "", "country": "FR", "kind": rules.ACT, "received": _local(context, context.now)}
    return context.page(
        "desk/orders.html",
        status=status,
        orders=found,
        older=f"{context.url('desk_orders')}?before={found[-1].id}" if len(found) == PAGE else None,
        kinds=list(rules.KINDS.items()),
        kind_names=rules.KINDS,
        countries=_countries(context.language),
        values=_shown_again(context, sent) if errors and context.fields.has("authority") else fresh,
        subject=context.fields.text("subject"),
        outcome=context.fields.text("outcome"),
        wrong=context.fields.number("order"),
        errors=errors or {},
        problem=problem,
        flash=FLASHES.get(context.query("done")),
    )


def _shown_again(context: Context, sent: dict[str, str]) -> dict[str, str]:
    """What was typed. A browser's field for date and time takes no other text."""
    return sent | {"received": sent["received"] if _moment(context, sent["received"]) else ""}


def _countries(language: str) -> list[tuple[str, str]]:
    """Codes and names, in the order of the names as one looks for them: accents do not count."""
    names = [(code, country(language, code)) for code in TERRITORIES]
    return sorted(names, key=lambda each: normalize("NFD", each[1]).casefold())


def act(context: Context) -> Response:
    match context.fields.text("action"):
        case "confirm":
            done = "confirm"
            actions.confirm(context.session, _order(context), by=context.person, now=context.now)
        case "answer":
            done = "answer"
            outcome = context.fields.text("outcome")
            actions.answer(context.session, _order(context), outcome, by=context.person, now=context.now)
        case _:
            done = "register"
            actions.register(context.session, _draft(context), by=context.person, now=context.now)
    return context.redirect(f"{context.url('desk_orders')}?done={done}")


def again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        return _show(context, status=409, problem=problem.message)
    return _show(context, status=422, errors=problem.errors)


def _order(context: Context) -> Order:
    order = context.session.get(Order, context.fields.number("order") or 0)
    if order is None:
        raise NotFound()
    return order


def _draft(context: Context) -> OrderDraft:
    fields = context.fields
    return OrderDraft(
        authority=fields.line("authority"),
        country=fields.text("country"),
        kind=fields.text("kind"),
        subject=fields.text("subject"),
        received_at=_moment(context, fields.text("received")),
    )


def _local(context: Context, moment: datetime) -> str:
    """As a browser's field for date and time has it, by the site's clock."""
    return moment.astimezone(ZoneInfo(context.settings.time_zone)).strftime("%Y-%m-%dT%H:%M")


def _moment(context: Context, typed: str) -> datetime | None:
    try:
        local = datetime.strptime(typed[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=ZoneInfo(context.settings.time_zone))
    except ValueError:
        return None
    return local.astimezone(UTC) if local.year >= 2000 else None
