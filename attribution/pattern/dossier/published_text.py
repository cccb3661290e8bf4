"""Which text of others may be published. Pure.

An allow-list over the text in its compatibility form (NFKC): letters of scripts without marks,
digits, spaces and plain punctuation, in which nothing can be clicked, dialled or joined into an
address. What does not pass is held back for a person, who edits it together with its author. A
list of what is forbidden would need every trick; this one needs none: a false alarm costs an edit.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from attribution.codes import Code

MOST_CHARACTERS = 500


class TextFault(Code):
    """Why a text is held back; the line says what to do about it."""

    LENGTH = "length", f"give 1 to {MOST_CHARACTERS} characters"
    CHARACTER = "character", "use letters, digits, spaces and . , ; : ! ? ' \" ( ) & % - alone"
    SCRIPTS = "scripts", "write each word in one script"
    DOT = (
        "dot",
        "let punctuation end a sentence or a legal form such as B.V., followed by space",
    )
    SPELLED = "spelled", "leave names of domains out, also spelled ones"
    NUMBER = "number", "leave out what may be read as an address or a telephone number"
    LONG_WORD = (
        "long_word",
        "leave out words of letters and digits, and of more than 40 letters",
    )


_SCRIPTS = (
    ("latin", ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x1BF), (0x1C4, 0x24F), (0x1E00, 0x1EFF))),
    ("greek", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("cyrillic", ((0x400, 0x52F),)),
    ("armenian", ((0x531, 0x587),)),
    ("georgian", ((0x10A0, 0x10FF),)),
    ("east asian", ((0x3041, 0x3096), (0x30A1, 0x30FA), (0x3400, 0x4DBF), (0x4E00, 0x9FFF))),
    ("hangul", ((0xAC00, 0xD7A3),)),
)
"""Ranges of letters by script. Latin's clicks (`\u01c3`) and modifier letters are left out: some
look like dots and quotes. Scripts that need combining marks, or run from right to left, are edited
by a person."""
_LETTER = frozenset(["Lu", "Ll", "Lt", "Lo"])
_PUNCTUATION = frozenset(".,;:!?'\"()&%-+/")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
)
_LOOK_ALIKES = str.maketrans(
    "авсԁеһіјкӏмԛорѕтυхуԝгпзөνοαρετικχγω",
    "abcdehijklmqopstuxywrn3ovoapetikxyw",
)
"""Cyrillic and Greek letters in lower case that are drawn as Latin ones."""
_INITIALS = re.compile(r"(?<![^\s(\"'])(?:[A-Za-z]\.)+[A-Za-z]?(?=[\s,;:!?)\"']|$)")
"""`B.V.`, `d.o.o.`, `a.s`: no name of a domain ends in a label of one letter."""
_SLASHED = re.compile(r"(?<![^\s(\"'])[A-Za-z]/[A-Za-z](?=[\s.,;:!?)\"']|$)")
"""`A/S`."""
_TIME = re.compile(r"(?<![^\s(])(?:[01]?\d|2[0-3]):[0-5]\d(?=[\s.,;!?)]|$)")
_DATE = re.compile(r"(?<![^\s(])(?:19|20)\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])(?=[\s.,;:!?)]|$)")
_THOUSANDS = re.compile(r"(?<![^\s(])\d{1,3},\d{3}(?=[\s.,;:!?)]|$)")
_LOOSE = (
    re.compile(r"[.,;:!?](?![\s.,;:!?)\"']|$)"),  # something follows directly
    re.compile(r"(?<![\w).%.!?\"'])[.,;:!?]"),  # nothing ends before it
    re.compile(r"(?<![\w)])[\"'][.,;:!?]"),  # `x "." y`
    re.compile(r"[.,;:!?][\"')]+(?![\s.,;:!?)]|$)"),  # `x'.'y`
    re.compile(r"\w\(|\)\w|\([^\w\"']|/|\+\d|[.,]\s[.,]|::|--"),
    re.compile(r"%\w|&#?\w{2,20};"),  # `%2E`, `&period;`: a browser reads a dot
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOT_WORDS = _set(
    "dot dots dotcom fullstop punkt punto ponto punt kropka tecka tochka "
    "nokta точка точки тчк τελεια 点 點 ドット"
    " 점 도트"
)
"""Words for a dot that stand in few sentences of companies."""
_POINTS = frozenset(["point", "punct", "period", "stop", "prick"])
"""Words for a dot that are ordinary words too."""
_SPELLED_WORDS = _set(
    "com onion www http https ftp hxxp hxxps xn slash tld url telegram whatsapp discord wickr"
)
_ENDINGS = _SPELLED_WORDS | _set(
    "net org info biz xyz nl de fr be bg ro es pl pt it ru su uk us eu at ch cz io co me cc tk pw "
    "to ws tv is in la ly sh so st im gg ai app dev top site online club shop live pro link click "
    "icu vip fun cn hk jp kr se no fi dk lt lv ee ua by kz ir tr gr hu rs"
)
"""Ends of domain names that are looked for behind a full stop or a word for one."""
_SENTENCE_STARTS = _set(
    "to in it is at be no me so la de es se us im by st online live top site link click fun info "
    "club shop pro"
)
"""Those among them that begin a sentence, with one capital."""
_DIGITS_AS_LETTERS = str.maketrans("013457", "oleast")
_JOINED = re.compile(
    r"(?:dot|punkt|punto|ponto)(?:com|net|org|info|biz|xyz|onion|nl|de|ru|io|co)\b|xn--|0x[0-9a-f]"
)
_SINGLES = re.compile(r"(?<!\w)\w(?:[\s\-]+\w){2,}(?!\w)")
"""`c o m`: three letters or digits apart."""
_DIGIT_RUN = re.compile(r"\d(?:\W{0,3}\d)*")
_MOST_DIGITS = 6
_MOST_GROUPS = 3
_LONGEST_WORD, _LONGEST_MIXED = 40, 9
_MOST_READ = 4 * MOST_CHARACTERS
"""Characters of a text that are looked at, spaces included: a longer one is too long unread."""


def publishable(text: str) -> str | None:
    """Return a text as it may be published; None where it is held back.

    The result is in the compatibility form (NFKC), with plain quotation marks, hyphens and spaces.
    """
    shown = plain_form(text)
    return None if _faults(shown) else shown


def text_faults(text: str) -> list[TextFault]:
    """Return why a text is held back; empty where it may be published."""
    return _faults(plain_form(text))


def remedy_for(text: str) -> str:
    """Return what to do about a text that is held back."""
    return "; ".join(fault.line for fault in text_faults(text))


def plain_form(text: str) -> str:
    """Return the form that is looked at and published; empty for a text that is too long."""
    if len(text) > _MOST_READ:
        return ""
    plain = " ".join(text.split()).translate(_PLAIN)
    return " ".join(unicodedata.normalize("NFKC", plain).translate(_PLAIN).split())


def _faults(shown: str) -> list[TextFault]:
    if not 0 < len(shown) <= MOST_CHARACTERS:
        return [TextFault.LENGTH]
    if not all(_is_plain(character) for character in shown):
        return [TextFault.CHARACTER]
    checks = (
        (TextFault.SCRIPTS, _mixes_scripts),
        (TextFault.DOT, _has_loose_punctuation),
        (TextFault.SPELLED, _is_spelled),
        (TextFault.NUMBER, _has_number),
        (TextFault.LONG_WORD, _has_long_word),
    )
    return [fault for fault, fails in checks if fails(shown)]


def _is_plain(character: str) -> bool:
    if character == " " or character in _PUNCTUATION or character in "0123456789":
        return True
    return unicodedata.category(character) in _LETTER and _script(character) is not None


def _script(character: str) -> str | None:
    code = ord(character)
    return next(
        (
            script
            for script, ranges in _SCRIPTS
            if any(first <= code <= last for first, last in ranges)
        ),
        None,
    )


def _mixes_scripts(shown: str) -> bool:
    return any(
        len({_script(character) for character in word if character.isalpha()}) > 1
        for word in re.findall(r"\w+", shown)
    )


def _has_loose_punctuation(shown: str) -> bool:
    rest = shown
    for allowed in (_INITIALS, _SLASHED, _TIME, _THOUSANDS):
        rest = allowed.sub("x", rest)
    return any(pattern.search(rest) for pattern in _LOOSE)


def _is_spelled(shown: str) -> bool:
    """Say whether an address is spelled, by the letters as they look."""
    drawn = _without_accents(shown.casefold()).translate(_LOOK_ALIKES)
    for form in (shown.casefold(), drawn, drawn.translate(_DIGITS_AS_LETTERS)):
        spoken = re.findall(r"[^\W_]+", form)
        if (_DOT_WORDS | _SPELLED_WORDS) & set(spoken) or _JOINED.search(form):
            return True
        if any(word in _POINTS and after in _ENDINGS for word, after in pairwise(spoken)):
            return True
    behind_stop = re.findall(r"\w\W{0,2}\.\W{0,3}\s([^\W_]+)", shown)
    if any(map(_ends_a_domain, behind_stop)):
        return True
    return bool(_SINGLES.search(_INITIALS.sub("xx", drawn)))


def _ends_a_domain(word: str) -> bool:
    """Say whether a word behind a full stop reads on as a domain: `evil. RU`, not `We act.
    To …`.
    """
    plain = word.casefold()
    begins = word == plain.capitalize() and plain in _SENTENCE_STARTS
    return plain in _ENDINGS and not begins


def _without_accents(text: str) -> str:
    """Return a text without accents: `d\u00f2t` is drawn like `dot`."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(character)
    )


def _has_number(shown: str) -> bool:
    groups_of_runs = (re.findall(r"\d+", run) for run in _DIGIT_RUN.findall(_DATE.sub("x", shown)))
    return any(
        len(groups) > _MOST_GROUPS or sum(map(len, groups)) > _MOST_DIGITS
        for groups in groups_of_runs
    )


def _has_long_word(shown: str) -> bool:
    for word in re.findall(r"[\w-]+", shown):
        mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
        if len(word) > (_LONGEST_MIXED if mixed else _LONGEST_WORD):
            return True
    return False
