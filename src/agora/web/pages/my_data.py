"""What is kept about somebody, as they see it: to download, and to erase; for one comment, or for a whole address."""

import json

from starlette.responses import Response

from agora.actions import privacy as actions
from agora.rules.errors import N_, Conflict, FieldErrors, Message, NotFound, Refused
from agora.rules.moderation import Party
from agora.store import dossier, privacy
from agora.store.comments import Commenter
from agora.tokens import BadToken
from agora.web.context import Context
from agora.web.pages.commenter import own_comment


def ask(context: Context) -> Response:
    """A letter to the address of a comment, with the link to the page of all about it."""
    comment = own_comment(context)
    if comment.commenter_id is None:
        raise Conflict(N_("No address belongs to this comment, or no longer."))
    actions.ask_for_letter(context.session, comment, now=context.now)
    return _to_comment(context, "data-asked")


def erase_comment(context: Context) -> Response:
    """This one comment, from its own page."""
    comment = own_comment(context)
    done = actions.erase_comment(context.session, comment, party=Party.COMMENTER, now=context.now)
    return _to_comment(context, "erased" if done else "erase-asked")


def _to_comment(context: Context, done: str) -> Response:
    return context.redirect(f"{context.url('my_comment', token=context.path('token'))}?done={done}")


def show(context: Context) -> Response:
    return _page(context)


def _page(context: Context, *, status: int = 200, problem: Message | None = None) -> Response:
    commenter = _commenter(context)
    found = dossier.everything_about(context.session, commenter, sources=True, notes=False)
    return context.page(
        "people/my_data.html",
        status=status,
        language=context.settings.language,
        found=found,
        token=context.path("token"),
        is_asked=commenter.erase_asked_at is not None,
        is_erased=False,
        problem=problem,
    )


def export(context: Context) -> Response:
    found = dossier.everything_about(context.session, _commenter(context), sources=True, notes=False)
    return as_file(found)


def as_file(found: object) -> Response:
    """A file of JSON that a browser saves."""
    text = json.dumps(found, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="agora-data.json"', "Cache-Control": "no-store"}
    return Response(text, media_type="application/json", headers=headers)


def erase(context: Context) -> Response:
    """All about the address. The page that it leads to is the last one that this link shows."""
    if not context.fields.text("sure"):
        raise FieldErrors({"sure": Message(N_("Tick the box if you are sure: it cannot be undone."))})
    commenter = _commenter(context)
    actions.erase_person(context.session, commenter, by=None, now=context.now)
    return context.redirect(f"{context.url('my_data', token=context.path('token'))}?done=erased")


def erase_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        raise problem
    return _page(context, status=422, problem=problem.errors["sure"])


def show_or_farewell(context: Context) -> Response:
    """After everything was erased there is nobody left to whom the link could belong."""
    commenter = _kept_commenter(context)
    if context.query("done") == "erased" and privacy.is_forgotten(commenter.email):
        return context.page("people/erased.html", language=context.settings.language)
    return show(context)


def _commenter(context: Context) -> Commenter:
    commenter = _kept_commenter(context)
    if privacy.is_forgotten(commenter.email):
        raise NotFound()
    return commenter


def _kept_commenter(context: Context) -> Commenter:
    try:
        id_ = context.house.tokens.open("my-data", context.path("token"))
    except BadToken as error:
        raise Refused(N_("This address is not complete, or is too old."), status=404) from error
    commenter = context.session.get(Commenter, id_) if isinstance(id_, int) else None
    if commenter is None:
        raise NotFound()
    return commenter
