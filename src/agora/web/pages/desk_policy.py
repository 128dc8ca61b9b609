"""The policy at the desk: what holds comments back, its versions, and what a change would have done."""

import json
from dataclasses import dataclass

from starlette.responses import Response

from agora.actions import judging
from agora.actions import policies as actions
from agora.actions import site as site_actions
from agora.actions.policies import OUTCOME_NAMES, Outcome, Trial
from agora.i18n import translate
from agora.rules import checklist, site_rules
from agora.rules.checklist import CHECKLIST
from agora.rules.errors import N_, Conflict, FieldErrors, Message, Refused
from agora.rules.policy import EFFECT_NAMES, MODE_NAMES, Mode, SiteRules
from agora.store import policies
from agora.store import site as site_store
from agora.store.policies import Version
from agora.web.context import Context, whole_number

VERSIONS = 10
EXCERPT = 160
FLASHES = {"saved": N_("Saved."), "same": N_("Nothing was changed.")}


@dataclass(frozen=True)
class ChangeView:
    """A comment that would fare otherwise; `address` leads to it at the desk."""

    address: str
    name: str
    excerpt: str
    language: str
    before: str
    after: str
    reasons: list[Message]


@dataclass(frozen=True)
class TrialView:
    looked_at: int
    seconds: int
    was_cut: bool
    counts: list[tuple[str, str, int]]
    changes: list[ChangeView]
    count: int


def show(context: Context) -> Response:
    """The policy in force, or an earlier version of it, to be saved again."""
    version = _version(context, whole_number(context.query("version")))
    return _page(context, checklist.as_texts(_rules(context, version)))


def prepare(context: Context) -> Response | None:
    """Trying out writes nothing, so it is answered before a transaction begins in which others would have to wait."""
    if context.fields.text("action") != "try":
        return None
    before = _rules(context, policies.current_version(context.session))
    trial = actions.try_out(context.session, before, _sent_rules(context))
    return _page(context, _sent(context), trial=_trial_view(context, trial))


def save(context: Context) -> Response:
    changed = [_save_choices(context, _sent_rules(context)), _save_mode(context)]
    return context.redirect(f"{context.url('desk_policy')}?done={'saved' if any(changed) else 'same'}")


def _save_choices(context: Context, rules: SiteRules) -> bool:
    in_force = _rules(context, policies.current_version(context.session))
    if rules.as_source() == in_force.as_source():
        return False
    base = context.fields.number("base")
    actions.change_policy(context.session, rules, base=base, by=context.person, now=context.now)
    return True


def _save_mode(context: Context) -> bool:
    site, mode = site_store.the_site(context.session), _sent_mode(context)
    if mode is site.moderation:
        return False
    site_actions.change_site(
        context.session,
        site,
        title=site.title,
        tagline=site.tagline,
        contact=site.contact,
        moderation=mode,
        authors_moderate=site.authors_moderate,
        by=context.person,
        now=context.now,
    )
    return True


def again(context: Context, problem: FieldErrors | Refused) -> Response:
    if isinstance(problem, FieldErrors):
        return _page(context, _sent(context), status=422, errors=problem.errors)
    status = 409 if isinstance(problem, Conflict) else problem.status
    return _page(context, _sent(context), status=status, problem=problem.message)


def _version(context: Context, number: int | None) -> Version | None:
    chosen = policies.version(context.session, number) if number else None
    if chosen is None:
        return policies.current_version(context.session)
    return Version(chosen.id, json.dumps(chosen.source))


def _rules(context: Context, version: Version | None) -> SiteRules:
    return judging.rules_in(context.site.moderation, context.settings, version)


def _sent(context: Context) -> dict[str, str]:
    return {name: context.fields.raw(name) for name in site_rules.CHOICES}


def _sent_mode(context: Context) -> Mode | None:
    """The one chosen; None: as the settings say."""
    if not context.fields.has("moderation"):
        return context.site.moderation
    chosen = context.fields.text("moderation")
    return Mode(chosen) if chosen in set(Mode) else None


def _sent_rules(context: Context) -> SiteRules:
    """Raises FieldErrors."""
    mode = _sent_mode(context) or Mode(context.settings.moderation)
    return SiteRules(mode, limit_haste=context.settings.rate_limits, **checklist.read(_sent(context)))


def _page(
    context: Context,
    values: dict[str, str],
    *,
    status: int = 200,
    errors: dict[str, Message] | None = None,
    problem: Message | None = None,
    trial: TrialView | None = None,
) -> Response:
    latest = policies.latest_versions(context.session, VERSIONS)
    return context.page(
        "desk/policy.html",
        status=status,
        checks=CHECKLIST,
        values=values,
        effect_names=EFFECT_NAMES,
        modes=list(MODE_NAMES.items()),
        chosen=_sent_mode(context) or "",
        configured=MODE_NAMES[Mode(context.settings.moderation)],
        base=latest[0][0].id if latest else "",
        versions=latest,
        errors=errors or {},
        problem=problem,
        trial=trial,
        flash=FLASHES.get(context.query("done")),
    )


def _trial_view(context: Context, trial: Trial) -> TrialView:
    def name(outcome: Outcome) -> str:
        return translate(context.language, OUTCOME_NAMES[outcome])

    changes = [
        ChangeView(
            address=context.url("desk_decision", id=change.comment.id),
            name=change.comment.name,
            excerpt=_excerpt(change.comment.body),
            language=change.comment.language,
            before=name(change.before),
            after=name(change.after),
            reasons=[reason.message for reason in change.reasons],
        )
        for change in trial.changes
    ]
    counts = [(name(before), name(after), count) for (before, after), count in sorted(trial.counts.items())]
    return TrialView(trial.looked_at, int(actions.PATIENCE), trial.was_cut, counts, changes, sum(trial.counts.values()))


def _excerpt(body: str) -> str:
    words = " ".join(body.split())
    return words if len(words) <= EXCERPT else words[:EXCERPT].rsplit(" ", 1)[0] + " …"
