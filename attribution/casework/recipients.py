"""An authority's certificate, and files that only its key opens: CMS EnvelopedData (RFC 5652)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from attribution.codes import Refusal
from attribution.errors import Refused

LEAST_BITS = 2048
"""Length of the shortest RSA key that is used."""
_ASK = "ask the authority for"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a file is sealed to."""

    certificate: x509.Certificate
    subject: str
    """Its name in the certificate, RFC 4514."""
    fingerprint: str
    """SHA-256 of the certificate (DER), 64 hexadecimal digits: compare it by telephone."""


def read_recipient(pem: bytes, now: datetime) -> Recipient:
    """Read the certificate of a PEM file. Raises Refused where nothing may be sealed to it."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        certificate = certificates[0]
        subject = certificate.subject.rfc4514_string()
        key = certificate.public_key()
    except (ValueError, IndexError):
        remedy = (
            "it holds no certificate in PEM form; `openssl x509 -inform DER -in FILE -out "
            "FILE.pem` turns one in DER form into it"
        )
        raise Refused(Refusal.INVALID, "certificate", "", remedy) from None
    except Exception as error:  # unsupported keys have errors of several kinds
        remedy = f"its key cannot be used ({error}); {_ask_for_rsa()}"
        raise Refused(Refusal.INVALID, "certificate", "", remedy) from None
    if len(certificates) > 1:
        remedy = "the file holds several certificates: leave only the authority's own in it"
        raise Refused(Refusal.INVALID, "certificate", subject, remedy)
    if not isinstance(key, RSAPublicKey):
        remedy = f"its key is no RSA key; {_ask_for_rsa()}"
        raise Refused(Refusal.INVALID, "certificate", subject, remedy)
    if key.key_size < LEAST_BITS:
        remedy = f"its key has {key.key_size} bits, which is too short; {_ask_for_rsa()}"
        raise Refused(Refusal.INVALID, "certificate", subject, remedy)
    _check_validity(certificate, subject, now)
    if not _is_for_encryption(certificate):
        remedy = f"it is not for encryption (key usage); {_ask_for_rsa()} with keyEncipherment"
        raise Refused(Refusal.INVALID, "certificate", subject, remedy)
    return Recipient(certificate, subject, certificate.fingerprint(SHA256()).hex())


def seal_for(recipient: Recipient, content: bytes) -> bytes:
    """Encrypt a file to a certificate: AES-256-CBC, its key by RSA; DER.

    `openssl cms -decrypt -inform DER -inkey KEY` opens it. It is not signed: who it is from is in
    the log, by the hash of the sealed file.
    """
    return (
        PKCS7EnvelopeBuilder()
        .set_data(content)
        .add_recipient(recipient.certificate)
        .set_content_encryption_algorithm(AES256)
        .encrypt(Encoding.DER, [PKCS7Options.Binary])
    )


def _check_validity(certificate: x509.Certificate, subject: str, now: datetime) -> None:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > last:
        remedy = f"it expired on {last:%Y-%m-%d}; {_ASK} the one that is valid now"
        raise Refused(Refusal.INVALID, "certificate", subject, remedy)
    if now < first:
        remedy = f"it is valid only from {first:%Y-%m-%d} on; {_ASK} the one that is valid now"
        raise Refused(Refusal.INVALID, "certificate", subject, remedy)


def _is_for_encryption(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return True
    return usage.value.key_encipherment


def _ask_for_rsa() -> str:
    return f"{_ASK} a certificate with an RSA key of at least {LEAST_BITS} bits"
