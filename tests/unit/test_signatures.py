"""Keys and signatures as text: nothing that everybody could sign, and one spelling of each."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from attribution.store.signatures import fits, read_public_key
from signing_keys import respelled

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = KEY.public_key().public_bytes_raw()
PUBLIC = base64.b64encode(RAW).decode()
ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def test_a_signature_of_the_key_fits_and_no_other() -> None:
    signature = text(KEY.sign(b"seen"))
    assert fits(PUBLIC, signature, b"seen")
    assert not fits(PUBLIC, signature, b"not seen")


@pytest.mark.parametrize(
    "raw",
    [
        bytes(32),
        (1).to_bytes(32, "little"),
        (1 | 1 << 255).to_bytes(32, "little"),
        (FIELD - 1).to_bytes(32, "little"),
        FIELD.to_bytes(32, "little"),
        (FIELD + 1).to_bytes(32, "little"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ],
)
def test_a_key_of_small_order_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError, match="anybody"):
        read_public_key(text(raw))


def test_a_signature_that_nobody_made_fits_under_no_key() -> None:
    identity = (1).to_bytes(32, "little")
    made_by_nobody = identity + bytes(32)
    Ed25519PublicKey.from_public_bytes(identity).verify(made_by_nobody, b"whatever")
    assert not fits(text(identity), text(made_by_nobody), b"whatever")


def test_a_key_and_a_signature_have_one_spelling() -> None:
    assert base64.b64decode(respelled(PUBLIC), validate=True) == RAW
    for spelling in (respelled(PUBLIC), f"{PUBLIC}\n", f" {PUBLIC}", PUBLIC.rstrip("="), "", "é"):
        with pytest.raises(ValueError):
            read_public_key(spelling)
    signature = text(KEY.sign(b"seen"))
    for spelling in (f"{signature} https://site.example", f"!{signature}", f"{signature}\n", 7):
        assert not fits(PUBLIC, spelling, b"seen")


def test_a_signature_plus_the_order_of_the_group_fits_not() -> None:
    made = KEY.sign(b"seen")
    scalar = int.from_bytes(made[32:], "little") + ORDER
    assert not fits(PUBLIC, text(made[:32] + scalar.to_bytes(32, "little")), b"seen")
