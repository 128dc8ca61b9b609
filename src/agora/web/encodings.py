"""How a page's bytes travel: plain, or compressed as the reader's browser says it can take (RFC 9110, 12.5.3)."""

import gzip
from functools import lru_cache

import brotli

IDENTITY, GZIP, BROTLI = "identity", "gzip", "br"
# Levels at which a page of 100 kB takes a few milliseconds, once.
GZIP_LEVEL, BROTLI_QUALITY = 6, 5


@lru_cache(maxsize=256)
def best(accepted: bytes) -> str:
    """The smallest form that an Accept-Encoding header lets through."""
    weights = dict(_weight(item) for item in accepted.decode("latin-1").lower().split(",") if item.strip())
    for encoding in (BROTLI, GZIP):
        if weights.get(encoding, weights.get("*", 0.0)) > 0:
            return encoding
    return IDENTITY


def _weight(item: str) -> tuple[str, float]:
    name, _, rest = item.partition(";")
    quality = rest.strip().removeprefix("q=") if rest else "1"
    try:
        return name.strip(), float(quality)
    except ValueError:
        return name.strip(), 0.0


def encode(encoding: str, body: bytes) -> bytes:
    if encoding == BROTLI:
        compressed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)
        return compressed
    # No time in the header: the same page is the same bytes in every process.
    return gzip.compress(body, GZIP_LEVEL, mtime=0) if encoding == GZIP else body
