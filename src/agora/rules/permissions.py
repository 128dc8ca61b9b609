"""Who may do what at the desk: one table of deeds and roles."""

from enum import StrEnum

from agora.rules.errors import N_


class Role(StrEnum):
    AUTHOR = "author"
    MODERATOR = "moderator"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


class Deed(StrEnum):
    WRITE_POSTS = "write posts"
    EDIT_ANY_POST = "edit any post"
    EDIT_BYLINES = "edit bylines"
    MODERATE = "moderate"
    MODERATE_OWN = "moderate own posts"  # where the site lets authors do so
    MANAGE_PEOPLE = "manage people"
    MANAGE_SITE = "manage site"


MAY: dict[Deed, frozenset[Role]] = {
    Deed.WRITE_POSTS: frozenset({Role.AUTHOR, Role.EDITOR, Role.ADMINISTRATOR}),
    Deed.EDIT_ANY_POST: frozenset({Role.EDITOR, Role.ADMINISTRATOR}),
    Deed.EDIT_BYLINES: frozenset({Role.AUTHOR, Role.EDITOR, Role.ADMINISTRATOR}),
    Deed.MODERATE: frozenset({Role.MODERATOR, Role.EDITOR, Role.ADMINISTRATOR}),
    Deed.MODERATE_OWN: frozenset({Role.AUTHOR, Role.MODERATOR, Role.EDITOR, Role.ADMINISTRATOR}),
    Deed.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Deed.MANAGE_SITE: frozenset({Role.ADMINISTRATOR}),
}

ROLE_NAMES = {
    Role.AUTHOR: N_("Author"),
    Role.MODERATOR: N_("Moderator"),
    Role.EDITOR: N_("Editor"),
    Role.ADMINISTRATOR: N_("Administrator"),
}


def may(role: Role | None, deed: Deed) -> bool:
    """Whether a person with this role (None: a reader) may do this."""
    return role is not None and role in MAY[deed]


def may_edit_post(role: Role | None, *, own: bool) -> bool:
    """An author edits what they started; editors and administrators edit everything."""
    return may(role, Deed.EDIT_ANY_POST) or (own and may(role, Deed.WRITE_POSTS))


def may_moderate(role: Role | None, *, own_post: bool, authors_moderate: bool) -> bool:
    """Moderators decide under all posts; authors under their own ones, where the site lets them."""
    return may(role, Deed.MODERATE) or (own_post and authors_moderate and may(role, Deed.MODERATE_OWN))
