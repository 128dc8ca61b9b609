"""The limits fit each other: whoever keeps to one does not run into another."""

from agora.rules import limits

WIDEST = 12  # bytes of one character outside the BMP in a form: %F0%9F%8C%B1


def test_longest_comment_fits_its_form() -> None:
    fields = limits.COMMENT + limits.NAME + limits.WEBSITE
    ascii_fields = 3 * limits.EMAIL + 1_000  # the address and the hidden ones

    assert fields * WIDEST + ascii_fields <= limits.PUBLIC_BODY


def test_bodies_grow_with_trust() -> None:
    assert limits.PUBLIC_BODY < limits.DESK_BODY < limits.UPLOAD_BODY


def test_haste_waits_before_it_is_refused() -> None:
    """Somebody hasty first waits for a moderator, and is told to come back only much later."""
    refused = limits.RATES["comment"]

    assert limits.HASTY.seconds == refused.seconds
    assert limits.HASTY.count < refused.count


def test_rates_allow_something() -> None:
    assert all(rate.count > 0 and rate.seconds > 0 for rate in limits.RATES.values())


def test_passwords_have_room() -> None:
    assert 8 <= limits.PASSWORD_MIN <= 15  # NIST SP 800-63B, 3.1.1.2
    assert limits.PASSWORD_MAX >= 64
