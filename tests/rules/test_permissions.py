"""Every role may do what the table says, and nothing else."""

import pytest

from agora.rules.permissions import ROLE_NAMES, Deed, Role, may, may_edit_post, may_moderate

# Written out a second time: the marks stand in the order of the roles.
ROLES = (None, Role.AUTHOR, Role.MODERATOR, Role.EDITOR, Role.ADMINISTRATOR)
TABLE = {
    # deed               reader author moderator editor administrator
    Deed.WRITE_POSTS: "    no    yes    no        yes    yes",
    Deed.EDIT_ANY_POST: "  no    no     no        yes    yes",
    Deed.EDIT_BYLINES: "   no    yes    no        yes    yes",
    Deed.MODERATE: "       no    no     yes       yes    yes",
    Deed.MODERATE_OWN: "   no    yes    yes       yes    yes",
    Deed.MANAGE_PEOPLE: "  no    no     no        no     yes",
    Deed.MANAGE_SITE: "    no    no     no        no     yes",
}
CELLS = [
    (role, deed, mark == "yes")
    for deed, marks in TABLE.items()
    for role, mark in zip(ROLES, marks.split(), strict=True)
]


@pytest.mark.parametrize(("role", "deed", "allowed"), CELLS)
def test_every_deed_is_decided(role: Role | None, deed: Deed, allowed: bool) -> None:
    assert may(role, deed) is allowed


def test_table_knows_every_deed() -> None:
    assert {(role, deed) for role, deed, _ in CELLS} == {(role, deed) for role in (None, *Role) for deed in Deed}


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        (None, False, False),
        (Role.AUTHOR, True, False),
        (Role.MODERATOR, False, False),
        (Role.EDITOR, True, True),
        (Role.ADMINISTRATOR, True, True),
    ],
)
def test_authors_edit_their_own(role: Role | None, own: bool, others: bool) -> None:
    assert may_edit_post(role, own=True) is own
    assert may_edit_post(role, own=False) is others


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("own_post", [False, True])
@pytest.mark.parametrize("authors_moderate", [False, True])
def test_authors_moderate_their_own(role: Role | None, own_post: bool, authors_moderate: bool) -> None:
    always = role in {Role.MODERATOR, Role.EDITOR, Role.ADMINISTRATOR}
    allowed = may_moderate(role, own_post=own_post, authors_moderate=authors_moderate)
    assert allowed is (always or (role is Role.AUTHOR and own_post and authors_moderate))


def test_every_role_has_a_name() -> None:
    assert set(ROLE_NAMES) == set(Role)
