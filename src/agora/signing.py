"""The key that signs the checkpoints of the log (Ed25519, RFC 8032): it follows from the site's secret key."""

import hashlib
import hmac

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

# Another text here would be another key.
PURPOSE = b"agora.log-key.1"


class LogKey:
    def __init__(self, secret: str) -> None:
        self._key = SigningKey(hmac.new(secret.encode(), PURPOSE, hashlib.sha256).digest())

    @property
    def public(self) -> str:
        """64 hexadecimal digits, for everyone."""
        return bytes(self._key.verify_key).hex()

    def sign(self, text: bytes) -> str:
        """128 hexadecimal digits."""
        return self._key.sign(text).signature.hex()


def is_signed(key: str, text: bytes, signature: str) -> bool:
    """Whether the owner of this public key signed this text."""
    try:
        VerifyKey(bytes.fromhex(key)).verify(text, bytes.fromhex(signature))
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
