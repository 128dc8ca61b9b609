"""Pages for what went wrong: refusals, wrong addresses, ended sessions, and our own mistakes."""

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agora.rules.errors import N_, Message, Refused
from agora.web import csrf
from agora.web.context import NO_FIELDS, Context, Fields, House, is_long, open_context

TITLES = {
    400: N_("This request cannot be understood"),
    403: N_("This is not possible"),
    404: N_("This page cannot be found"),
    405: N_("This address works differently"),
    408: N_("This took too long"),
    409: N_("Somebody was quicker"),
    413: N_("This is too large"),
    422: N_("Something is missing"),
    429: N_("A little too often"),
    500: N_("Something broke on our side"),
    503: N_("The site is out of breath"),
}
SENTENCES = {
    400: N_("The form or the address is not complete."),
    404: N_("There is nothing at this address."),
    405: N_("Please follow the links and forms of the site."),
    408: N_("What you sent did not arrive within the time that we wait. Keep your text and send it again."),
    413: N_("What you sent is larger than this site accepts. Keep your text, shorten it, and send it again."),
    500: N_("We are sorry. The mistake has been written down; if you tell us of it, please give this number:"),
}


def refusal(
    request: Request, house: House, refused: Refused, fields: Fields = NO_FIELDS, *, database_works: bool = True
) -> Response:
    """The page that tells a person why not, and gives back what they had written."""
    response = _page(request, house, refused.status, refused.message, fields, database_works=database_works)
    say_when_to_retry(response, refused)
    return response


def say_when_to_retry(response: Response, refused: Refused) -> None:
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)


def signed_out(context: Context) -> Response:
    """A desk page without a session: sign in first. A form that was sent comes back with its text."""
    if context.request.method == "POST":
        return send_again(context)
    return RedirectResponse(f"{context.url('sign_in')}?next={context.request.url.path}", status_code=303)


def send_again(context: Context) -> Response:
    """The session ended, or another began, while a form was being filled in: all that was written comes back."""
    token = csrf.desk_token(context.house.tokens, context.desk_session.token_hash) if context.desk_session else ""
    fields = [(name, value) for name, value in context.fields.pairs() if name not in {"csrf", "password"}]
    texts = [(name, value) for name, value in fields if is_long(value)]
    return context.page(
        "errors/send_again.html",
        status=403,
        texts=texts,
        hidden=[pair for pair in fields if pair not in texts],
        token=token,
        action=context.request.url.path,
    )


def http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: 404, 405, 413, 400."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict((error.headers or {}) if isinstance(error, HTTPException) else {})
    response = _page(request, request.app.state.house, status, Message(SENTENCES.get(status, "")))
    response.headers.update(headers)
    return response


def our_mistake(request: Request, error: Exception) -> Response:
    """A page that apologises, with the request's id."""
    return _page(request, request.app.state.house, 500, Message(SENTENCES[500]))


def _page(
    request: Request,
    house: House,
    status: int,
    message: Message,
    fields: Fields = NO_FIELDS,
    *,
    database_works: bool = True,
) -> Response:
    said = {
        "title": TITLES.get(status, TITLES[500]),
        "message": message,
        "code": status,
        "request_id": request.state.request_id,
        "texts": fields.long_texts(),
    }
    try:
        if database_works:
            with house.database.read() as session:
                context = open_context(request, house, session, fields)
                return _private(context.page("errors/error.html", status=status, **said))
    except SQLAlchemyError:
        pass  # then the page is made without asking the database for the site's name
    html = house.renderer.render("errors/bare.html", house.settings.language, **said)
    return _private(Response(html, status_code=status, media_type="text/html"))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
