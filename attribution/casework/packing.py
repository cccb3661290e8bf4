"""Handing cases to an authority: one sealed file, and an entry in the log that says so."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from attribution.casework.case_files import as_json, packed_case
from attribution.casework.cases import case_named
from attribution.casework.fields import required
from attribution.casework.recipients import read_recipient, seal_for
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.files.whole_file import refuse_existing, whole_file
from attribution.store.heads import current_head
from attribution.store.store import Store
from attribution.store.times import iso, micros, moment

MOST_BYTES = 256 * 1024 * 1024
"""Size of the largest pack before it is sealed: sealing and `openssl cms -decrypt` hold it in
memory, several times over.
"""
INDEX, HASHES = "index.html", "SHA256SUMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackCases:
    """Write cases into one file that only an authority's key opens."""

    cases: tuple[str, ...]
    certificate: bytes
    """The authority's, PEM."""
    output: Path
    why: str
    """On what ground they are given away; it stands in the log and in the pack."""
    supplied: tuple[str, ...] = ()
    """Reported URLs, where the store does not keep them."""
    hotline: str = ""
    """The hotline's name."""
    replace: bool = False
    """Whether to replace what is there."""


@dataclass(frozen=True, slots=True)
class CasePack:
    """A pack that was written."""

    cases: tuple[str, ...]
    recipient: str
    fingerprint: str
    """SHA-256 of the authority's certificate."""
    sha256: str
    """Of the sealed file."""
    files: int
    """How many files are in it."""
    without_url: tuple[str, ...]
    """Reports of imports that never gave a URL: the pack has their keys alone."""


def pack_cases(store: Store, who: str | None, command: PackCases) -> CasePack:
    """Write the pack and note it in the log of each case.

    Raises Refused, also for a certificate that nothing may be sealed to and for a URL that the
    store does not keep; OutputExistsError and OutputError. Nothing is written without its entry in
    the log; where the last step of writing fails, the entry stands without a file.
    """
    cases = tuple(dict.fromkeys(command.cases))
    if not cases:
        raise Refused(Refusal.MISSING, "case", "", "name at least one case")
    why = required(command.why, "why", "say why with --why: on what ground the authority gets it")
    recipient = read_recipient(command.certificate, store.now)
    refuse_existing(command.output, replace=command.replace)
    now = micros(store.now)
    with store.read() as reader:
        about = {
            "format": "attribution case pack 1",
            "hotline": command.hotline,
            "recipient": recipient.subject,
            "certificate_sha256": recipient.fingerprint,
            "made_at": iso(now),
            "why": why,
            "cases": list(cases),
            "log": current_head(reader).as_json(),
        }
        packed = [
            packed_case(reader, store.keys, key, supplied=command.supplied, now=now)
            for key in cases
        ]
    files = {name: raw for case in packed for name, raw in case.files.items()}
    files["pack.json"] = as_json(about)
    files[INDEX] = _index(about, [case.values for case in packed])
    files[HASHES] = _hashes(files)
    sealed = seal_for(recipient, _archive(files, now))
    pack = CasePack(
        cases=cases,
        recipient=recipient.subject,
        fingerprint=recipient.fingerprint,
        sha256=sha256(sealed).hexdigest(),
        files=len(files),
        without_url=tuple(key for case in packed for key in case.without_url),
    )
    with whole_file(command.output, "wb", replace=command.replace) as out:
        out.write(sealed)
        _note(store, who, pack, why)
    return pack


def _note(store: Store, who: str | None, pack: CasePack, why: str) -> None:
    detail = {
        "why": why,
        "recipient": pack.recipient,
        "certificate_sha256": pack.fingerprint,
        "sha256": pack.sha256,
        "cases": list(pack.cases),
    }
    with store.write(who) as writer:
        for key in pack.cases:
            case = case_named(writer.connection, key)
            writer.add_event(
                "case_packed",
                writer.now,
                provider_id=case.provider_id,
                case_id=case.id,
                detail=detail,
            )


def _index(about: Mapping[str, Any], cases: list[dict[str, Any]]) -> bytes:
    environment = Environment(
        loader=PackageLoader("attribution.casework"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("case_pack.html.j2")
    return template.render(pack=about, cases=cases).encode("utf-8", "replace")


def _hashes(files: Mapping[str, bytes]) -> bytes:
    """Return the hash list, as `sha256sum -c` reads it."""
    lines: Iterable[str] = (
        f"{sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(files.items())
    )
    return "".join(lines).encode("ascii")


def _archive(files: Mapping[str, bytes], now: int) -> bytes:
    """Return files as ZIP. Raises Refused where they are too large to be sealed as one."""
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        remedy = f"they are more than {MOST_BYTES} bytes: make several packs of fewer cases"
        raise Refused(Refusal.INVALID, "cases", f"{size} bytes", remedy)
    made = moment(now).timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, made), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()
