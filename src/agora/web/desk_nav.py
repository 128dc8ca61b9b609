"""The ways through the desk: groups of pages, of which each person sees those that are for them."""

from collections.abc import Callable
from dataclasses import dataclass

from agora.rules.errors import N_
from agora.rules.permissions import Deed


@dataclass(frozen=True)
class DeskPage:
    """`route` is the page's name in web/routes.py; without a deed it is for everyone who is signed in."""

    text: str
    route: str
    deed: Deed | None = None


# Each group leads to the first of its pages that is for the person.
GROUPS: tuple[tuple[str, tuple[DeskPage, ...]], ...] = (
    (N_("Overview"), (DeskPage(N_("Overview"), "desk"),)),
    (
        N_("Moderation"),
        (
            DeskPage(N_("Cases"), "desk_moderation", Deed.MODERATE_OWN),
            DeskPage(N_("Measures"), "desk_measures", Deed.MODERATE),
        ),
    ),
    (N_("Posts"), (DeskPage(N_("Posts"), "desk_posts", Deed.WRITE_POSTS),)),
    (N_("Bylines"), (DeskPage(N_("Bylines"), "desk_bylines", Deed.EDIT_BYLINES),)),
    (N_("People"), (DeskPage(N_("People"), "desk_people", Deed.MANAGE_PEOPLE),)),
    (
        N_("Settings"),
        (
            DeskPage(N_("Site"), "desk_settings", Deed.MANAGE_SITE),
            DeskPage(N_("Charter"), "desk_charter", Deed.MANAGE_SITE),
            DeskPage(N_("Policy"), "desk_policy", Deed.MANAGE_SITE),
            DeskPage(N_("Orders"), "desk_orders", Deed.MANAGE_SITE),
        ),
    ),
    (N_("My account"), (DeskPage(N_("My account"), "account"),)),
)


@dataclass(frozen=True)
class Way:
    text: str
    path: str
    is_here: bool


@dataclass(frozen=True)
class Navigation:
    """The groups, and the pages of the group in which somebody is, where it has several."""

    groups: list[Way]
    pages: list[Way]


def navigation(here: str, url: Callable[[str], str], may: Callable[[Deed], bool]) -> Navigation:
    """What is shown on the page with the path `here`."""
    open_to = [(text, [page for page in pages if page.deed is None or may(page.deed)]) for text, pages in GROUPS]
    ways = [
        (text, [Way(page.text, url(page.route), _leads_to(url(page.route), here)) for page in pages])
        for text, pages in open_to
        if pages
    ]
    groups = [Way(text, pages[0].path, any(page.is_here for page in pages)) for text, pages in ways]
    shown = next((pages for _, pages in ways if any(page.is_here for page in pages)), [])
    return Navigation(groups, shown if len(shown) > 1 else [])


def _leads_to(path: str, here: str) -> bool:
    """Whether `here` is this page or one below it; below the first page of the desk lies all of it."""
    return here == path or (path.count("/") > 1 and here.startswith(f"{path}/"))
