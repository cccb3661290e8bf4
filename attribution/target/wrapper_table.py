"""The table of wrappers: hosts whose links lead to a URL that stands inside them.

A host stands here exactly, or as `*.suffix` for the names one label below. web.archive.org is not
here: it serves the content itself. Facts compiled for this project, CC0-1.0, 2026-11-28.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["parameter", "path", "proofpoint_2", "proofpoint_3", "translated_host"]

_GOOGLE_SUFFIXES = """
    com ad ae com.af com.ag al am co.ao com.ar as at com.au az ba com.bd be bf bg com.bh bi
    bj com.bn com.bo com.br bs bt co.bw by com.bz ca cd cf cg ch ci co.ck cl cm cn com.co
    co.cr com.cu cv com.cy cz de dj dk dm com.do dz com.ec ee com.eg es com.et fi com.fj fm
    fr ga ge gg com.gh com.gi gl gm gr com.gt gy com.hk hn hr ht hu co.id ie co.il im co.in
    iq is it je com.jm jo co.jp co.ke com.kh ki kg co.kr com.kw kz la com.lb li lk co.ls lt
    lu lv com.ly co.ma md me mg mk ml com.mm mn com.mt mu mv mw com.mx com.my co.mz com.na
    com.ng com.ni ne nl no com.np nr nu co.nz com.om com.pa com.pe com.pg com.ph com.pk pl
    pn com.pr ps pt com.py com.qa ro ru rw com.sa com.sb sc se com.sg sh si sk com.sl sn so
    sm sr st com.sv td tg co.th com.tj tl tm tn to com.tr tt com.tw co.tz com.ua co.ug co.uk
    com.uy co.uz com.vc co.ve co.vi com.vn vu ws rs co.za co.zm co.zw cat
""".split()  # noqa: SIM905 - a table to be read and compared with its source
"""From https://www.google.com/supported_domains."""
_GOOGLE = tuple(f"{www}google.{suffix}" for suffix in _GOOGLE_SUFFIXES for www in ("", "www."))
_TRANSLATE = tuple(f"translate.google.{suffix}" for suffix in _GOOGLE_SUFFIXES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """One kind of link."""

    name: str
    """Whose it is, for messages."""
    hosts: tuple[str, ...]
    path: str = ""
    """The exact path, a beginning with `*` at its end, or empty for any."""
    parameters: tuple[str, ...] = ()
    """The query parameters that may hold the URL, for the form `parameter`."""
    form: Form = "parameter"
    only_redirects: bool = False
    """Whether every link here is a redirect, also where no URL can be read out of it."""
    source: str


WRAPPERS = (
    Wrapper(
        name="Microsoft Safe Links",
        hosts=(
            "*.safelinks.protection.outlook.com",
            "safelinks.protection.outlook.com",
            "*.safelinks.protection.office365.us",
        ),
        parameters=("url",),
        only_redirects=True,
        source="https://learn.microsoft.com/en-us/defender-office-365/safe-links-about",
    ),
    Wrapper(
        name="Proofpoint URL Defense (version 1)",
        hosts=("urldefense.proofpoint.com", "urldefense.com", "urldefense.us"),
        path="/v1/url",
        parameters=("u",),
        only_redirects=True,
        source="https://help.proofpoint.com: URL Defense decoder (URLDefenseDecode.py, 3.0.1)",
    ),
    Wrapper(
        name="Proofpoint URL Defense (version 2)",
        hosts=("urldefense.proofpoint.com", "urldefense.com", "urldefense.us"),
        path="/v2/url",
        form="proofpoint_2",
        only_redirects=True,
        source="https://help.proofpoint.com: URL Defense decoder (URLDefenseDecode.py, 3.0.1)",
    ),
    Wrapper(
        name="Proofpoint URL Defense (version 3)",
        hosts=("urldefense.com", "urldefense.proofpoint.com", "urldefense.us"),
        path="/v3/*",
        form="proofpoint_3",
        only_redirects=True,
        source="https://help.proofpoint.com: URL Defense decoder (URLDefenseDecode.py, 3.0.1)",
    ),
    Wrapper(
        name="Google",
        hosts=_GOOGLE,
        path="/url",
        parameters=("q", "url"),
        source="https://www.google.com/supported_domains",
    ),
    Wrapper(
        name="Google Translate",
        hosts=_TRANSLATE,
        path="/translate*",
        parameters=("u",),
        source="https://developers.google.com/search/docs/appearance/ad-network-and-translation",
    ),
    Wrapper(
        name="Google Translate",
        hosts=("*.translate.goog",),
        form="translated_host",
        only_redirects=True,
        source="https://developers.google.com/search/docs/appearance/ad-network-and-translation",
    ),
    Wrapper(
        name="Facebook",
        hosts=("l.facebook.com", "lm.facebook.com"),
        path="/l.php",
        parameters=("u",),
        only_redirects=True,
        source="the form of links in posts of www.facebook.com",
    ),
    Wrapper(
        name="Instagram",
        hosts=("l.instagram.com",),
        parameters=("u",),
        only_redirects=True,
        source="the form of links in profiles of www.instagram.com",
    ),
    Wrapper(
        name="Reddit",
        hosts=("out.reddit.com",),
        parameters=("url",),
        only_redirects=True,
        source="the form of links in posts of www.reddit.com",
    ),
    Wrapper(
        name="Tumblr",
        hosts=("t.umblr.com",),
        path="/redirect",
        parameters=("z",),
        only_redirects=True,
        source="the form of links in posts of tumblr.com",
    ),
    Wrapper(
        name="Steam",
        hosts=("steamcommunity.com", "www.steamcommunity.com"),
        path="/linkfilter",
        parameters=("url", "u"),
        source="the form of links in posts of steamcommunity.com",
    ),
    Wrapper(
        name="Steam",
        hosts=("steamcommunity.com", "www.steamcommunity.com"),
        path="/linkfilter/*",
        form="path",
        source="the older form of links in posts of steamcommunity.com",
    ),
    Wrapper(
        name="DuckDuckGo",
        hosts=("duckduckgo.com", "www.duckduckgo.com", "html.duckduckgo.com"),
        path="/l",
        parameters=("uddg",),
        source="the form of results of html.duckduckgo.com",
    ),
    Wrapper(
        name="Slack",
        hosts=("slack-redir.net", "www.slack-redir.net"),
        path="/link",
        parameters=("url",),
        only_redirects=True,
        source="the form of links in messages of Slack",
    ),
)
