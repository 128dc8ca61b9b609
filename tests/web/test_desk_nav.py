"""The ways through the desk: each person is shown the pages that are for them, and where they are."""

import pytest

from agora.rules.permissions import Deed, Role, may
from agora.web.desk_nav import Navigation, navigation

PATHS = {"desk": "/admin", "desk_moderation": "/admin/moderation", "account": "/account"}


def seen_by(role: Role, here: str) -> Navigation:
    def path(route: str) -> str:
        return PATHS.get(route, f"/admin/{route.removeprefix('desk_')}")

    def allowed(deed: Deed) -> bool:
        return may(role, deed)

    return navigation(here, path, allowed)


def test_moderators_see_no_settings() -> None:
    shown = seen_by(Role.MODERATOR, "/admin/moderation")

    assert [way.text for way in shown.groups] == ["Overview", "Moderation", "My account"]


@pytest.mark.parametrize(
    ("here", "group", "page"),
    [
        ("/admin", "Overview", None),
        ("/admin/moderation", "Moderation", "Cases"),
        ("/admin/moderation/addresses/7", "Moderation", "Cases"),
        ("/admin/policy", "Settings", "Policy"),
        ("/account", "My account", None),
    ],
)
def test_one_way_is_here(here: str, group: str, page: str | None) -> None:
    shown = seen_by(Role.ADMINISTRATOR, here)

    assert [way.text for way in shown.groups if way.is_here] == [group]
    assert [way.text for way in shown.pages if way.is_here] == ([page] if page else [])
