"""The desk's bylines: who posts are published under."""

from dataclasses import dataclass, field

from starlette.responses import Response

from agora.actions import bylines as actions
from agora.actions.bylines import BylineDraft, Made
from agora.rules.errors import N_, FieldErrors, Message, NotFound, Refused
from agora.rules.limits import LINKS
from agora.rules.permissions import Deed
from agora.store import bylines, people
from agora.store.bylines import Byline
from agora.store.people import Person
from agora.web.context import Context, whole_number
from agora.web.presenters.posts import byline_view

FLASHES = {"saved": N_("Saved.")}


@dataclass
class BylineForm:
    byline: Byline | None
    name: str = ""
    slug: str = ""
    bio: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)


def list_bylines(context: Context) -> Response:
    found = [(byline.id, byline_view(context, byline)) for byline in bylines.every_byline(context.session)]
    return context.page("desk/bylines.html", bylines=found, flash=FLASHES.get(context.query("done")))


def new(context: Context) -> Response:
    return _form(context, BylineForm(None))


def edit(context: Context) -> Response:
    byline = _byline(context)
    links = [(link["label"], link["url"]) for link in byline.links]
    return _form(context, BylineForm(byline, byline.name, byline.slug, byline.bio, links))


def prepare(context: Context) -> Made:
    fields = context.fields
    return actions.made_ready(fields.raw("bio"), fields.uploads.get("portrait", b""), context.settings.language)


def save(context: Context) -> Response:
    byline = _byline(context) if context.path("id") else None
    fields = context.fields
    draft = BylineDraft(
        name=fields.line("name"),
        slug=fields.line("slug"),
        bio=fields.raw("bio"),
        links=_sent_links(context),
        portrait=fields.uploads.get("portrait", b""),
        remove_portrait=bool(fields.text("remove_portrait")),
        person_id=_account(context, byline),
    )
    actions.save_byline(
        context.session,
        byline,
        draft,
        made=context.prepared,
        by=context.person,
        language=context.settings.language,
        now=context.now,
    )
    return context.redirect(f"{context.url('desk_bylines')}?done=saved")


def form_again(context: Context, problem: FieldErrors | Refused) -> Response:
    byline = _byline(context) if context.path("id") else None
    fields = context.fields
    errors = problem.errors if isinstance(problem, FieldErrors) else {"name": problem.message}
    sent = BylineForm(byline, fields.line("name"), fields.line("slug"), fields.raw("bio"), _sent_links(context))
    return _form(context, sent, status=422, errors=errors)


def _byline(context: Context) -> Byline:
    byline = context.session.get(Byline, whole_number(context.path("id")) or 0)
    if byline is None:
        raise NotFound()
    return byline


def _account(context: Context, byline: Byline | None) -> int | None:
    """Which account answers as this byline: editors choose among all, others leave it as it is."""
    if not context.may(Deed.EDIT_ANY_POST) or not context.fields.has("person"):
        return byline.person_id if byline else None
    person = context.session.get(Person, context.fields.number("person") or 0)
    return person.id if person else None


def _sent_links(context: Context) -> list[tuple[str, str]]:
    labels, urls = context.fields.texts("link_label"), context.fields.texts("link_url")
    padded = labels + [""] * (len(urls) - len(labels))
    return list(zip(padded, urls, strict=False))


def _form(
    context: Context, form: BylineForm, *, status: int = 200, errors: dict[str, Message] | None = None
) -> Response:
    empty_lines = 2 if len(form.links) + 2 <= LINKS else max(0, LINKS - len(form.links))
    return context.page(
        "desk/byline.html",
        status=status,
        form=form,
        accounts=people.everyone(context.session) if context.may(Deed.EDIT_ANY_POST) else [],
        account=context.fields.number("person") if errors else (form.byline.person_id if form.byline else None),
        links=form.links + [("", "")] * empty_lines,
        view=byline_view(context, form.byline) if form.byline else None,
        errors=errors or {},
    )
