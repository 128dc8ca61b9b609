"""The administrator's desk: accounts and roles, the site's name and choices, the charter."""

from starlette.responses import Response

from agora.actions import people as actions
from agora.actions import site as site_actions
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.permissions import ROLE_NAMES, Role
from agora.rules.policy import MODE_NAMES, Mode
from agora.store import people, site
from agora.store.people import Person
from agora.web.context import Context

FIELDS = ("title", "tagline", "contact", "moderation", "authors_moderate")

FLASHES = {
    "added": N_("The account is open, and a letter with a sign-in link is on its way."),
    "link": N_("A letter with a sign-in link is on its way."),
    "role": N_("The role is changed."),
    "closed": N_("The account is closed."),
    "saved": N_("Saved."),
}


def list_people(context: Context) -> Response:
    return _people(context)


def _people(
    context: Context, *, status: int = 200, errors: dict[str, Message] | None = None, problem: Message | None = None
) -> Response:
    return context.page(
        "desk/people.html",
        status=status,
        people=people.everyone(context.session),
        roles=list(ROLE_NAMES.items()),
        role_names=ROLE_NAMES,
        errors=errors or {},
        problem=problem,
        name=context.fields.line("name"),
        email=context.fields.text("email"),
        role=context.fields.text("role") or Role.AUTHOR,
        flash=FLASHES.get(context.query("done")),
    )


def change_people(context: Context) -> Response:
    match context.fields.text("action"):
        case "role":
            role = context.fields.text("role")
            actions.change_role(
                context.session,
                _person(context),
                Role(role) if role in set(Role) else Role.AUTHOR,
                by=context.person,
                now=context.now,
            )
            done = "role"
        case "close":
            actions.close_account(context.session, _person(context), by=context.person, now=context.now)
            done = "closed"
        case "link":
            actions.send_sign_in_link(context.session, _person(context).email, now=context.now)
            done = "link"
        case _:
            _add(context)
            done = "added"
    return context.redirect(f"{context.url('desk_people')}?done={done}")


def _add(context: Context) -> None:
    role = context.fields.text("role")
    person = actions.add_person(
        context.session,
        name=context.fields.line("name"),
        email=context.fields.text("email"),
        role=Role(role) if role in set(Role) else Role.AUTHOR,
        language=context.settings.language,
        password=None,
        now=context.now,
    )
    actions.send_sign_in_link(context.session, person.email, now=context.now)


def people_again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, Refused):
        return _people(context, status=409, problem=problem.message)
    return _people(context, status=422, errors=problem.errors)


def _person(context: Context) -> Person:
    person = context.session.get(Person, context.fields.number("person") or 0)
    if person is None:
        raise NotFound()
    return person


def settings(context: Context) -> Response:
    return _settings(context)


def _settings(context: Context, *, status: int = 200, errors: dict[str, Message] | None = None) -> Response:
    sent = {name: context.fields.line(name) for name in FIELDS}
    kept = {
        "title": context.site.title,
        "tagline": context.site.tagline,
        "contact": context.site.contact,
        "moderation": context.site.moderation or "",
        "authors_moderate": "yes" if context.site.authors_moderate else "",
    }
    return context.page(
        "desk/settings.html",
        status=status,
        values=sent if errors else kept,
        modes=list(MODE_NAMES.items()),
        configured=MODE_NAMES[Mode(context.settings.moderation)],
        errors=errors or {},
        flash=FLASHES.get(context.query("done")),
    )


def save_settings(context: Context) -> Response:
    moderation = context.fields.text("moderation")
    site_actions.change_site(
        context.session,
        site.the_site(context.session),
        title=context.fields.line("title"),
        tagline=context.fields.line("tagline"),
        contact=context.fields.line("contact"),
        moderation=Mode(moderation) if moderation in set(Mode) else None,
        authors_moderate=bool(context.fields.text("authors_moderate")),
        by=context.person,
        now=context.now,
    )
    return context.redirect(f"{context.url('desk_settings')}?done=saved")


def settings_again(context: Context, problem: FieldErrors | Refused) -> Response:
    errors = problem.errors if isinstance(problem, FieldErrors) else {"title": problem.message}
    return _settings(context, status=422, errors=errors)


def charter(context: Context) -> Response:
    return _charter(context)


def _charter(
    context: Context, *, status: int = 200, body: str | None = None, errors: dict[str, Message] | None = None
) -> Response:
    current = site.current_charter(context.session)
    return context.page(
        "desk/charter.html",
        status=status,
        body=current.source if body is None else body,
        since=current.created_at,
        errors=errors or {},
        flash=FLASHES.get(context.query("done")),
    )


def save_charter(context: Context) -> Response:
    site_actions.change_charter(
        context.session,
        context.fields.text("body").replace("\r\n", "\n"),
        language=context.settings.language,
        by=context.person,
        now=context.now,
    )
    return context.redirect(f"{context.url('desk_charter')}?done=saved")


def charter_again(context: Context, problem: FieldErrors | Refused) -> Response:
    errors = problem.errors if isinstance(problem, FieldErrors) else {"body": problem.message}
    return _charter(context, status=422, body=context.fields.raw("body"), errors=errors)
