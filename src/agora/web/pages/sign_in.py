"""Signing in and out, and what people set for themselves."""

from typing import Any

from starlette.responses import Response

from agora.actions import people as actions
from agora.actions.people import Comparison
from agora.i18n import LANGUAGES
from agora.rules import urls
from agora.rules.errors import N_, FieldErrors, Message, Refused
from agora.rules.permissions import Deed, may
from agora.store import people
from agora.store.people import Person
from agora.tokens import BadToken
from agora.web.context import SESSION_COOKIE, Context, Fields, whole_number

# What the form of letters says, beside "now".
DAILY, NO_LETTERS = "daily", "none"

FLASHES = {
    "saved": N_("Saved."),
    "password": N_("Your new password is set; other browsers were signed out."),
    "ended": N_("That browser is signed out."),
}


def show(context: Context) -> Response:
    if context.visitor:
        return context.redirect(desk_of(context, context.visitor))
    return _form(context)


def _form(context: Context, *, status: int = 200, **presented: Any) -> Response:
    given: dict[str, Any] = {
        "email": context.fields.text("email"),
        "next": context.fields.text("next") or context.query("next"),
    }
    defaults: dict[str, Any] = {"errors": {}, "sent": False} | presented
    return context.page("people/sign_in.html", status=status, **given, **defaults)


def prepare(context: Context) -> Comparison | None:
    """The password compared, unless there were too many attempts already."""
    email, password = context.fields.text("email"), context.fields.raw("password")
    context.refuse_beyond("sign-in")
    if not password:
        return None
    context.refuse_beyond("password", _account_hash(context, email))
    return actions.compare_password(context.session, email, password)


def _account_hash(context: Context, email: str) -> str:
    return context.house.tokens.keyed_hash("account", email.lower())


def sign_in(context: Context) -> Response:
    """By password; or, with an address alone, by a letter with a link."""
    email, password = context.fields.text("email"), context.fields.raw("password")
    context.spend("sign-in")
    account = _account_hash(context, email)
    try:
        if not password:
            return _send_link(context, email, account)
        context.spend("password", account)
        person = actions.check_password(context.session, email, password, compared=context.prepared)
    except FieldErrors as wrong:
        # Answered here and not by the boundary: this attempt has to be counted.
        return _form(context, status=422, errors=wrong.errors)
    return _enter(context, person)


def _send_link(context: Context, email: str, account: str) -> Response:
    if not urls.email_address(email):
        raise FieldErrors({"email": Message(N_("This does not look like an e-mail address."))})
    try:
        context.spend("sign-in-link", account)
    except Refused:
        return _form(context, sent=True)  # whoever it is has several already; the answer stays the same
    actions.send_sign_in_link(context.session, email, now=context.now)
    return _form(context, sent=True)


def show_link(context: Context) -> Response:
    """A button and not the deed itself: mail programs open links to look at them."""
    _link_id(context)
    return context.page("people/link.html")


def use_link(context: Context) -> Response:
    person = actions.use_sign_in_link(context.session, _link_id(context), now=context.now)
    return _enter(context, person)


def _link_id(context: Context) -> int:
    try:
        return int(context.house.tokens.open("sign-in", context.path("token")))
    except BadToken as error:
        raise Refused(N_("This link was used already, or is too old. Ask for a new one."), status=403) from error


def _enter(context: Context, person: Person) -> Response:
    browser = context.request.headers.get("user-agent", "")
    token = actions.open_session(context.session, person, browser=browser, now=context.now)
    response = context.redirect(urls.local_path(context.fields.text("next")) or desk_of(context, person))
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(actions.SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=context.settings.is_https,
    )
    return response


def desk_of(context: Context, person: Person) -> str:
    """The page of the desk where this person's work is."""
    return context.url("desk" if may(person.role, Deed.WRITE_POSTS) else "desk_moderation")


def sign_out(context: Context) -> Response:
    if context.visitor and context.desk_session:
        actions.end_session(context.session, context.visitor, context.desk_session.id)
    response = context.redirect(context.url("home"))
    response.delete_cookie(SESSION_COOKIE)
    return response


def account(context: Context) -> Response:
    return _account(context, {})


def _account(context: Context, errors: object, *, status: int = 200) -> Response:
    return context.page(
        "people/account.html",
        status=status,
        sessions=people.sessions_of(context.session, context.person, context.now),
        errors=errors,
        flash=FLASHES.get(context.query("done")),
    )


def prepare_account(context: Context) -> str | None:
    """The hash of a new password."""
    is_password = context.fields.text("action") == "password"
    return actions.hash_password(context.fields.raw("password")) if is_password else None


def save_account(context: Context) -> Response:
    fields, person = context.fields, context.person
    match fields.text("action"):
        case "password":
            assert context.desk_session is not None  # noqa: S101 - the boundary has seen to it
            actions.set_password(context.session, person, context.prepared, keep=context.desk_session)
            done = "password"
        case "end":
            actions.end_session(context.session, person, whole_number(fields.text("session")) or 0)
            done = "ended"
        case _:
            language = fields.text("language")
            actions.change_account(
                context.session,
                person,
                name=fields.line("name"),
                language=language if language in LANGUAGES else person.language,
                letters=_letters(fields),
                named_in_log=bool(fields.text("named_in_log")),
            )
            done = "saved"
    return context.redirect(f"{context.url('account')}?done={done}")


def _letters(fields: Fields) -> actions.Letters:
    """Quiet hours need both their ends."""
    begin, end = _hour(fields, "quiet_from"), _hour(fields, "quiet_to")
    both = begin is not None and end is not None
    return actions.Letters(
        wanted=fields.text("letters") not in {"", NO_LETTERS},
        digest_hour=(_hour(fields, "digest_hour") or 0) if fields.text("letters") == DAILY else None,
        quiet_from=begin if both else None,
        quiet_to=end if both else None,
    )


def _hour(fields: Fields, name: str) -> int | None:
    number = fields.number(name)
    return number if number is not None and number < 24 else None


def account_again(context: Context, problem: FieldErrors | Refused) -> Response:
    errors = problem.errors if isinstance(problem, FieldErrors) else {"name": problem.message}
    return _account(context, errors, status=422)
