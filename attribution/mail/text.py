"""Text of a mail: charsets, encoded words, quoting. Every step costs time by its size.

Sources: RFC 2045 to 2047, RFC 2231 (only its plain form).
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from email.errors import HeaderParseError
from email.header import decode_header

LONGEST_VALUE = 8_000
"""Characters of one header field that are read."""
_ENCODED = re.compile(r"=\?[\w.-]{1,40}(?:\*[\w-]{1,10})?\?[bBqQ]\?[^?\s]{0,500}\?=")
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(?:[bl]e)?|us-ascii|ascii|iso-?8859-?\d{1,2}|(?:windows|cp)-?125\d|cp437|cp850"
    r"|koi8-?[ru]|iso-2022-(?:jp|kr)|euc-?(?:jp|kr)|shift[_-]?jis|gb2312|gbk|gb18030|big5|macroman"
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<(?:br|p|div|tr|li|h\d|pre|blockquote)\b[^<>]{0,2000}>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(?:style|script|head)\b[^<>]{0,2000}>", re.IGNORECASE)
_HIDDEN_END = re.compile(r"</(?:style|script|head)\s{0,20}>", re.IGNORECASE)


def decoded(raw: bytes, charset: str = "") -> str:
    """Return bytes as text by their charset; by UTF-8, else Latin-1, where it is none of mail's.

    Python's other codecs (punycode, idna) take time that grows with the square of the size.
    """
    name = charset.strip().strip("\"'").lower()
    if _CHARSETS.fullmatch(name):
        try:
            return raw.decode(name, "replace")
        except LookupError:
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def header_text(value: str) -> str:
    """Return the value of a header field with its encoded words (RFC 2047) read."""
    value = value[:LONGEST_VALUE]
    return _encoded_words_read(value) if "=?" in value else value


def _encoded_words_read(value: str) -> str:
    pieces: list[str] = []
    place = 0
    for match in _ENCODED.finditer(value):
        between = value[place : match.start()]
        if between.strip() or not place:
            pieces.append(between)
        pieces.append(_encoded_word(match[0]))
        place = match.end()
    return "".join([*pieces, value[place:]])


def _encoded_word(word: str) -> str:
    try:
        ((raw, charset),) = decode_header(word)
    except (HeaderParseError, ValueError, binascii.Error):
        return word
    return decoded(raw, charset or "") if isinstance(raw, bytes) else str(raw)


def transfer_decoded(raw: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding, as far as it can be undone."""
    name = encoding.strip().lower()
    if name == "base64":
        letters = _NOT_BASE64.sub(b"", raw)
        return base64.b64decode(letters[: len(letters) // 4 * 4] + _last_quantum(letters))
    if name == "quoted-printable":
        return quopri.decodestring(raw)
    return raw


def _last_quantum(letters: bytes) -> bytes:
    """Return the last two or three characters of a base64 text, padded; one alone says nothing."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def plain_of_html(page: str) -> str:
    """Return the text of an HTML page: tags away, references read; styles and scripts left out."""
    pieces: list[str] = []
    place = 0
    while match := _HIDDEN.search(page, place):
        pieces.append(page[place : match.start()])
        end = _HIDDEN_END.search(page, match.end())
        if end is None:
            place = match.end()
            break
        place = end.end()
    pieces.append(page[place:])
    return html.unescape(_TAG.sub(" ", _BREAK.sub("\n", "".join(pieces))))
