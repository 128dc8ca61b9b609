"""What is kept about an address, as administrators see to it: given out, erased, its sources seen with a reason."""

from starlette.responses import Response

from agora.actions import privacy as actions
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.store import dossier, kept_sources, privacy
from agora.store.comments import Commenter
from agora.store.kept_sources import Source
from agora.tokens import BadToken
from agora.web.context import Context, whole_number
from agora.web.pages.my_data import as_file

FLASHES = {
    "erased": N_("All about this address is erased."),
    "put-off": N_("What an open case needs is kept until the case is closed; then it is erased by itself."),
}


def show(context: Context) -> Response:
    return _page(context)


def _page(context: Context, *, status: int = 200, errors: dict[str, Message] | None = None) -> Response:
    commenter = _commenter(context)
    return context.page(
        "moderation/data.html",
        status=status,
        commenter=commenter,
        is_forgotten=privacy.is_forgotten(commenter.email),
        comments=privacy.count_comments(context.session, commenter.id),
        sources=_sources(context, commenter),
        reason=context.fields.text("reason"),
        errors=errors or {},
        flash=FLASHES.get(context.query("done")),
    )


def _sources(context: Context, commenter: Commenter) -> list[Source] | None:
    """From where it wrote, for whoever has just said why they look; None without that."""
    try:
        seen = context.house.tokens.open("sources", context.query("seen"))
    except BadToken:
        return None
    if seen != [commenter.id, context.person.id]:
        return None
    return kept_sources.of_comments(context.session, privacy.comments_left(context.session, commenter.id))


def act(context: Context) -> Response:
    """Erase all about an address, or look at its sources."""
    commenter = _commenter(context)
    here = context.url("desk_data", id=commenter.id)
    if context.fields.text("action") == "look":
        reason = context.fields.text("reason")
        actions.look_at_sources(context.session, commenter, reason, by=context.person, now=context.now)
        token = context.house.tokens.sign("sources", [commenter.id, context.person.id])
        return context.redirect(f"{here}?seen={token}#sources")
    if not context.fields.text("sure"):
        raise FieldErrors({"sure": Message(N_("Tick the box if you are sure: it cannot be undone."))})
    actions.erase_person(context.session, commenter, by=context.person, now=context.now)
    done = "erased" if privacy.is_forgotten(commenter.email) else "put-off"
    return context.redirect(f"{here}?done={done}")


def act_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        raise problem
    return _page(context, status=422, errors=problem.errors)


def export(context: Context) -> Response:
    """What an address asked for by another way than its own page. Sources are not in it: see `act`."""
    return as_file(dossier.everything_about(context.session, _commenter(context), sources=False, notes=True))


def _commenter(context: Context) -> Commenter:
    commenter = context.session.get(Commenter, whole_number(context.path("id")) or 0)
    if commenter is None:
        raise NotFound()
    return commenter
