"""Which part of the moderators' list a page shows, and the links that narrow it, each keeping the others."""

import re
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from agora.i18n import LANGUAGE_NAMES
from agora.rules.errors import N_
from agora.rules.moderation import STATE_NAMES, State
from agora.rules.permissions import Deed
from agora.rules.statements import CATEGORY_NAMES
from agora.store import queue
from agora.store.appeals import Appellant
from agora.store.cases import CaseKind
from agora.store.posts import Post
from agora.store.queue import Key, Numbers, Wanted
from agora.web.context import Context, whole_number

TABS = (State.PENDING, State.PUBLISHED, State.REJECTED, State.HIDDEN, State.WITHDRAWN)

KIND_NAMES = {
    CaseKind.HELD: N_("Held comments"),
    CaseKind.REPORT: N_("Reports"),
    CaseKind.APPEAL: N_("Appeals"),
}
# What the policy's codes are called where there is no room for a sentence.
CODE_NAMES = {
    "trap": N_("Trap"),
    "repeat": N_("Repeated text"),
    "hasty": N_("Too fast"),
    "links": N_("Links"),
    "links-of-new": N_("Links of a newcomer"),
    "words": N_("Watched words"),
    "slow-rule": N_("Slow rule"),
    "premoderated": N_("Read before"),
    "disowned": N_("Disowned"),
    "first-comment": N_("First comment"),
    "unverified": N_("Address not confirmed"),
    "elsewhere": N_("Unknown place"),
    "spam": N_("Looks like spam"),
    "akismet": N_("Second opinion"),
    "capitals": N_("Many capitals"),
    "signs": N_("Repeated signs"),
    "language": N_("Unexpected language"),
    "phone": N_("Phone number"),
    "email": N_("E-mail address"),
    "postal": N_("Postal address"),
    "nir": N_("Social security number"),
    "sender-held": N_("Sender on hold"),
    "reported": N_("Reported by readers"),
    **{f"report-{category}": name for category, name in CATEGORY_NAMES.items()},
    f"appeal-{Appellant.COMMENTER}": N_("Appeal of the writer"),
    f"appeal-{Appellant.NOTIFIER}": N_("Appeal of who reported"),
}


@dataclass(frozen=True)
class Shown:
    """What a page of the list shows, as its address or its form says. Empty texts stand for everything."""

    state: str = ""
    kind: str = ""
    code: str = ""
    language: str = ""
    post: str = ""
    mine: str = ""
    after: str = ""
    before: str = ""

    @property
    def of_state(self) -> State:
        return State(self.state) if self.state in set(TABS) else State.PENDING

    @property
    def is_list(self) -> bool:
        """Whether it is the list of what waits, and not one of comments in some state."""
        return self.of_state is State.PENDING

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What is stated, for an address or as hidden fields."""
        return [(name, value) for name, value in asdict(self).items() if value]

    @property
    def key(self) -> Key | None:
        match = re.fullmatch(r"(-?\d{1,15})\.(\d{1,15})", self.after, re.ASCII)
        return Key(int(match[1]), int(match[2])) if match else None

    def but(self, **changes: str) -> "Shown":
        """The same narrowed otherwise, from its beginning."""
        return replace(self, **({"after": "", "before": ""} | changes))


def shown(context: Context) -> Shown:
    def stated(name: str) -> str:
        return (context.query(name) or context.fields.text(name))[:60]

    return Shown(**{name: stated(name) for name in Shown.__dataclass_fields__})


def address(context: Context, wanted: Shown, *more: tuple[str, str]) -> str:
    query = urlencode([*wanted.fields, *more])
    return context.url("desk_moderation") + (f"?{query}" if query else "")


def wanted(context: Context, part: Shown) -> Wanted:
    """The same, as the store is asked."""
    return Wanted(
        kind=CaseKind(part.kind) if part.kind in set(CaseKind) else None,
        code=part.code or None,
        language=part.language or None,
        post_id=whole_number(part.post),
        claimed_by=context.person.id if part.mine else None,
        under_posts_of=only_posts_of(context),
    )


def only_posts_of(context: Context) -> int | None:
    """The author whose own posts are all that this person moderates; None for those who moderate everything."""
    return None if context.may(Deed.MODERATE) else context.person.id


@dataclass(frozen=True)
class Choice:
    """A link that narrows the list; `count` is None where there are too many to count."""

    name: str
    count: int | None
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Choices:
    """Links of one kind, of which one is followed at a time."""

    name: str
    links: list[Choice]


def tabs(context: Context, part: Shown, counts: dict[State, int], waiting: int | None) -> list[Choice]:
    of_all = only_posts_of(context) is None
    return [
        Choice(
            STATE_NAMES[state],
            waiting if state is State.PENDING else counts.get(state, 0) if of_all else None,
            address(context, Shown(state=state)),
            state is part.of_state,
        )
        for state in TABS
    ]


def filters(context: Context, part: Shown, numbers: Numbers) -> list[Choices]:
    """The ways to narrow the list that would leave something of it."""
    asked = wanted(context, part)
    return [
        Choices(N_("Kind"), _choices(context, part, "kind", asked, numbers)),
        Choices(N_("Reason"), _choices(context, part, "code", asked, numbers)),
        Choices(N_("Language"), _choices(context, part, "language", asked, numbers)),
        Choices(N_("In hand"), [_mine(context, part, asked, numbers)]),
        *([Choices(N_("Article"), [_of_post(context, part, asked, numbers)])] if part.post else []),
    ]


def _choices(context: Context, part: Shown, name: str, asked: Wanted, numbers: Numbers) -> list[Choice]:
    chosen = getattr(part, name)
    counts = queue.counts_by(context.session, name, asked, numbers, now=context.now)
    if chosen and chosen not in counts:
        counts[chosen] = 0
    return [
        Choice(_named(name, value), count, _toggled(context, part, name, value), value == chosen)
        for value, count in counts.items()
    ]


def _named(name: str, value: str) -> str:
    names = {
        "kind": {str(kind): text for kind, text in KIND_NAMES.items()},
        "code": CODE_NAMES,
        "language": LANGUAGE_NAMES,
    }
    return names[name].get(value, value)


def _toggled(context: Context, part: Shown, name: str, value: str) -> str:
    return address(context, part.but(**{name: "" if getattr(part, name) == value else value}))


def _mine(context: Context, part: Shown, asked: Wanted, numbers: Numbers) -> Choice:
    mine = Wanted(**{**asdict(asked), "claimed_by": context.person.id})
    count = queue.count(context.session, mine, numbers, now=context.now)
    return Choice(N_("By me"), count, _toggled(context, part, "mine", "yes"), bool(part.mine))


def _of_post(context: Context, part: Shown, asked: Wanted, numbers: Numbers) -> Choice:
    post = context.session.get(Post, asked.post_id) if asked.post_id else None
    count = queue.count(context.session, asked, numbers, now=context.now)
    return Choice(post.title if post else "?", count, _toggled(context, part, "post", part.post), True)
