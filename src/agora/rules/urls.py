"""Addresses: slugs made of titles, and which links a person may give."""

import re
import unicodedata
from urllib.parse import urlsplit

# Letters that decomposition alone does not bring to ASCII.
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "’": "-", "'": "-"})
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")


def slugify(text: str, *, limit: int = 80) -> str:
    """Lower-case words of letters and digits joined by hyphens, cut at a word within `limit` characters.

    Scripts other than Latin are kept: browsers and the standard (RFC 3987) know them. Empty when nothing is left.
    """
    plain = unicodedata.normalize("NFKD", text).lower().translate(_LIGATURES)  # lower after: № is a No
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
    words = re.findall(r"[^\W_]+", plain)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:limit]
        if len(longer) > limit:
            break
        slug = longer
    return slug


def is_slug(text: str) -> bool:
    return bool(text) and all(part and part.isalnum() for part in text.split("-")) and text == text.lower()


def web_address(text: str) -> str | None:
    """The http(s) address that somebody typed, with https:// put before a bare host name; None if it is not one."""
    candidate = text if re.match(r"[a-z][a-z0-9+.-]*:", text, re.I) else f"https://{text}"
    if re.search(r"[\s<>\"\x00-\x1f\\]", candidate):
        return None
    try:
        parts = urlsplit(candidate)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "." not in host.strip(".") or "@" in parts.netloc:
        return None
    return candidate


def email_address(text: str) -> str | None:
    """The address in the one form that we compare and store (lower case), or None if it cannot be one."""
    address = text.strip().lower()
    # "=?" begins an encoded word, which a mail program would read as something else.
    return address if len(address) <= 254 and "=?" not in address and _EMAIL.fullmatch(address) else None


def local_path(text: str) -> str | None:
    """A path on this site to return to after a form, or None: never another host."""
    return text if re.fullmatch(r"/(?![/\\])[^\s\\]*", text) else None
