"""Signed addresses, each scoped to one purpose and expiring; and keyed hashes of what we must not keep."""

import hashlib
import hmac
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

MINUTE = 60
DAY = 24 * 60 * MINUTE

# How long each purpose's tokens are good for, in seconds.
LIFETIMES = {
    "sign-in": 30 * MINUTE,
    "my-comment": 400 * DAY,
    "confirm": 7 * DAY,
    "unsubscribe": 400 * DAY,
    "my-report": 800 * DAY,  # a decision may take its time, and can be contested for six months
    "confirm-report": 7 * DAY,
    "decide": 4 * DAY,
    "my-measure": 400 * DAY,
    "my-data": DAY,
    "sources": 15 * MINUTE,
}


class BadToken(Exception):
    """A token that we did not make, or made for something else."""


class ExpiredToken(BadToken):
    """A token that was ours and has had its time."""


class Tokens:
    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._serializers = {purpose: self._serializer(purpose) for purpose in LIFETIMES}

    def sign(self, purpose: str, payload: Any) -> str:
        return str(self._serializers[purpose].dumps(payload))

    def open(self, purpose: str, token: str) -> Any:
        """The payload of a token made for this purpose. Raises BadToken or ExpiredToken."""
        try:
            payload, signed_at = self._serializers[purpose].loads(token, return_timestamp=True)
        except BadSignature as error:
            raise BadToken(purpose) from error
        # One from the future is ours as well: the clock was set back meanwhile.
        if abs(TimestampSigner(self._secret).get_timestamp() - signed_at.timestamp()) > LIFETIMES[purpose]:
            raise ExpiredToken(purpose)
        return payload

    def keyed_hash(self, purpose: str, text: str) -> str:
        """32 hexadecimal digits that only this site can compute: to recognise a thing without keeping it."""
        return hmac.new(self._secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:32]

    def same(self, purpose: str, text: str, digest: str) -> bool:
        return hmac.compare_digest(self.keyed_hash(purpose, text).encode(), digest.encode(errors="replace"))

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._secret,
            salt=f"agora.{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def fingerprint(text: str) -> str:
    """64 hexadecimal digits that are the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()
