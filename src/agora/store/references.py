"""Public references of reports, appeals and measures: short enough to be read out, too many to be guessed."""

import secrets
from datetime import datetime

# Without those that look like others (Crockford's Base32).
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(letter: str, now: datetime) -> str:
    """Such as R-2026-7F3K-Q9XM."""
    signs = "".join(secrets.choice(SIGNS) for _ in range(8))
    return f"{letter}-{now.year}-{signs[:4]}-{signs[4:]}"
