"""Signed tokens serve one purpose for some time; keyed hashes recognise what is not kept."""

from base64 import b64decode

import pytest
from itsdangerous import TimestampSigner

from agora.tokens import LIFETIMES, BadToken, ExpiredToken, Tokens, fingerprint

SECRET = "a secret of the tests, which is long enough"
OURS, THEIRS = Tokens(SECRET), Tokens(SECRET + "!")
NOW = 1_800_000_000


class Time:
    """The time at which tokens are signed and read."""

    now = NOW


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: time.now)
    return time


@pytest.mark.parametrize("payload", [1, "été / 👍", [1, "two", None], {"comment": 1, "revision": 2}])
@pytest.mark.parametrize("purpose", LIFETIMES)
def test_token_gives_its_payload(purpose: str, payload: object) -> None:
    token = OURS.sign(purpose, payload)

    assert OURS.open(purpose, token) == payload
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@pytest.mark.parametrize("opened", LIFETIMES)
@pytest.mark.parametrize("signed", LIFETIMES)
def test_token_has_one_purpose(signed: str, opened: str) -> None:
    token = OURS.sign(signed, 1)

    if signed == opened:
        assert OURS.open(opened, token) == 1
    else:
        with pytest.raises(BadToken):
            OURS.open(opened, token)


@pytest.mark.parametrize("purpose", LIFETIMES)
def test_token_has_its_time(time: Time, purpose: str) -> None:
    token = OURS.sign(purpose, 1)

    time.now = NOW + LIFETIMES[purpose]
    assert OURS.open(purpose, token) == 1

    time.now += 1
    with pytest.raises(ExpiredToken):
        OURS.open(purpose, token)


def test_clock_set_back_ends_no_token(time: Time) -> None:
    token = OURS.sign("my-comment", 1)

    time.now -= 3600

    assert OURS.open("my-comment", token) == 1


def test_token_of_far_future_is_bad(time: Time) -> None:
    time.now = NOW + LIFETIMES["sign-in"] + 1
    token = OURS.sign("sign-in", 1)
    time.now = NOW

    with pytest.raises(BadToken):
        OURS.open("sign-in", token)


@pytest.mark.parametrize("place", range(3))
def test_changed_token_is_bad(place: int) -> None:
    parts = OURS.sign("decide", {"comment": 1}).split(".")
    parts[place] = ("B" if parts[place][0] == "A" else "A") + parts[place][1:]

    with pytest.raises(BadToken):
        OURS.open("decide", ".".join(parts))


def test_token_of_others_is_bad() -> None:
    with pytest.raises(BadToken):
        OURS.open("decide", THEIRS.sign("decide", 1))


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a.b.c", "été", "\x00", "A" * 100_000, "eyJhIjoxfQ"])
def test_nonsense_is_a_bad_token(token: str) -> None:
    with pytest.raises(BadToken):
        OURS.open("decide", token)


def test_secret_is_not_told() -> None:
    token = OURS.sign("decide", "payload")

    assert SECRET not in token
    assert SECRET not in str(b"".join(b64decode(f"{part}===", b"-_") for part in token.split(".")))


def test_keyed_hash_needs_the_key() -> None:
    digest = OURS.keyed_hash("source", "192.0.2.1")

    assert digest == Tokens(SECRET).keyed_hash("source", "192.0.2.1")
    assert len(digest) == 32
    assert int(digest, 16)
    others = [
        THEIRS.keyed_hash("source", "192.0.2.1"),
        OURS.keyed_hash("address", "192.0.2.1"),
        OURS.keyed_hash("source", "192.0.2.2"),
        fingerprint("192.0.2.1")[:32],
    ]
    assert len({digest, *others}) == 5


@pytest.mark.parametrize("text", ["", "192.0.2.1", "été", "a:b"])
def test_same_text_is_recognised(text: str) -> None:
    assert OURS.same("source", text, OURS.keyed_hash("source", text))


@pytest.mark.parametrize("digest", ["", "0" * 32, "é" * 32, "\ud800", THEIRS.keyed_hash("source", "192.0.2.1")])
def test_other_digests_are_refused(digest: str) -> None:
    assert not OURS.same("source", "192.0.2.1", digest)


def test_fingerprint_is_the_same_everywhere() -> None:
    assert fingerprint("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert fingerprint("été") != fingerprint("ete")
