"""Web addresses in running text, as far as a look tells."""

import re

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def may_hold_address(text: str) -> bool:
    """Whether a text may hold what becomes a link by itself: most texts are told at once that they do not."""
    return "://" in text or "www." in text.lower()


def without_links(text: str, instead: str) -> str:
    """The text with something instead of each web address."""
    return _LINK.sub(instead, text) if may_hold_address(text) else text
