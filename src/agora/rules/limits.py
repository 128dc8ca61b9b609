"""Numbers that bound what people may send, each with its unit."""

from dataclasses import dataclass

# Bytes of one request's body.
PUBLIC_BODY = 128 * 1024
DESK_BODY = 6 * 1024 * 1024  # a post of POST letters, each of which may take six bytes in a form
UPLOAD_BODY = 8 * 1024 * 1024

# Characters.
NAME = 80
EMAIL = 254  # RFC 5321, 4.5.3.1.3
WEBSITE = 300
ADDRESS = 2_000
COMMENT = 10_000
TITLE = 200
SLUG = 100
SUMMARY = 600
POST = 500_000
BIO = 5_000
LABEL = 100
REASON = 2_000
REPORT = 5_000
APPEAL = 5_000
PASSWORD_MIN = 12
PASSWORD_MAX = 200

# Rows.
TAGS = 12
LINKS = 8
REPORTED_AT_ONCE = 20


@dataclass(frozen=True)
class Rate:
    """At most `count` deeds of one source within `seconds`."""

    count: int
    seconds: int


RATES = {
    "comment": Rate(60, 600),
    "preview": Rate(120, 600),
    "search": Rate(30, 60),  # counted in each process
    "sign-in": Rate(30, 900),
    "password": Rate(50, 900),  # for one account, from everywhere
    "sign-in-link": Rate(3, 3600),  # for one account; more are not sent
    "letter-address": Rate(5, 3600),
    "report": Rate(20, 3600),
    "appeal": Rate(20, 3600),
}

# More comments than this from one source within ten minutes wait for a moderator.
HASTY = Rate(5, 600)
