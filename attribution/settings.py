"""Every setting, from the environment (`ATTRIBUTION_*`) or a TOML file; the environment wins.

The reference page of settings is generated from the fields of `Settings`: name, unit, default and
description.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from attribution.errors import SettingsError
from attribution.language import LANGUAGE_VARIABLE

PREFIX = "ATTRIBUTION_"
CONFIG_VARIABLE = PREFIX + "CONFIG"
DNS_PORT, WHOIS_PORT = 53, 43


def split_host_port(text: str, default_port: int) -> tuple[str, int]:
    """Split `host`, `host:port`, `[v6]:port` or a bare IPv6 address. Raises ValueError."""
    text = text.strip()
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is not host[:port]")
        port = rest[1:]
    elif text.count(":") > 1:
        host, port = text, ""
    else:
        host, _, port = text.partition(":")
    if not host:
        raise ValueError(f"{text!r} names no host")
    if not port:
        return host, default_port
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{port!r} is no port from 1 to 65535")
    return host, int(port)


def _parts(value: Any) -> Any:
    """Split comma-separated text; a list, as TOML has it, is left as it is."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _pairs(value: Any) -> Any:
    """Split `name=value` pairs, separated by commas; a table, as TOML has it, is left as it is."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in _parts(value)]
    if any(not name or not target for name, _, target in pairs):
        raise ValueError("use name=host:port, separated by commas")
    return {name.strip().lower(): target.strip() for name, _, target in pairs}


def _check(parse: Callable[[str], object], form: str = "") -> AfterValidator:
    """Return a validator that keeps a text that `parse` accepts.

    `form` is the message for what it rejects; without one it is the message of `parse`.
    """

    def validate(text: str) -> str:
        try:
            parse(text)
        except ValueError as error:
            raise ValueError(f"{text!r} {form}" if form else str(error)) from None
        return text

    return AfterValidator(validate)


def _resolver_address(text: str) -> None:
    ipaddress.ip_address(split_host_port(text, DNS_PORT)[0])


def _whois_server(text: str) -> None:
    split_host_port(text, WHOIS_PORT)


def _country(text: str) -> str:
    if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError("use two letters (ISO 3166-1), e.g. NL")
    return text.upper()


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("use an http or https URL that ends in '/'")
    return text if text.endswith("/") else text + "/"


def _proxy(value: Any) -> Any:
    """Check a proxy's URL. The error does not contain the value, which may hold a password."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not text:
        return None
    form = "use http://[user:password@]host:port"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except (TypeError, ValueError, AttributeError):
        raise ValueError(form) from None
    more = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme != "http" or not host or not host.isascii() or not port or more:
        raise ValueError(form)
    return value


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts, for the reference page."""

    name: str


Seconds = Annotated[float, Unit("seconds")]
Hours = Annotated[float, Unit("hours")]
Texts = BeforeValidator(_parts)
WhoisServer = Annotated[str, _check(_whois_server)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
OptionalHttpUrl = Annotated[str, AfterValidator(lambda text: _http_url(text) if text else "")]


class AnswerSettings(BaseModel):
    """Which sources are asked: a finished answer is kept apart for each of their values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nameservers: Annotated[
        list[
            Annotated[
                str,
                _check(
                    _resolver_address,
                    "is no address[:port]; use e.g. 192.0.2.53 or [2001:db8::53]:5353",
                ),
            ]
        ],
        Texts,
    ] = Field([], description="DNS resolvers, address[:port], comma-separated; empty: the system's")
    rdap_bootstrap_url: HttpUrl = Field(
        "https://data.iana.org/rdap/",
        description="URL of the folder that holds ipv4.json, ipv6.json, asn.json, dns.json",
    )
    whois_root: WhoisServer = Field(
        "whois.iana.org:43", description="WHOIS server that refers to the others, host[:port]"
    )
    whois_overrides: Annotated[dict[str, WhoisServer], BeforeValidator(_pairs)] = Field(
        {}, description="WHOIS servers to reach elsewhere: name=host:port, comma-separated"
    )
    allow_loopback_registries: bool = Field(
        False, description="registries may be on loopback and plain http (laboratories, demos)"
    )
    allow_documentation_addresses: bool = Field(
        False, description="treat RFC 5737, 3849 and 9637 addresses as ordinary (demos, tests)"
    )
    ask_registrar: bool = Field(
        True, description="also ask for the site's domain: registrar, status, name servers"
    )
    ask_systems: bool = Field(
        False,
        description="also ask who holds the AS that announces the addresses: the last company "
        "to write to",
    )
    cloudflare_access_id: str | None = Field(
        None,
        description="key of a trusted reporter at Cloudflare: asks it for origins; goes with the "
        "secret",
    )


class LookupSettings(AnswerSettings):
    """How sources are asked: time limits, concurrency, keys and folders."""

    cloudflare_access_secret: SecretStr | None = Field(
        None, description="the secret to that key; never shown or kept"
    )
    cache_folder: Path | None = Field(
        None, description="where answers are kept; empty: the user's cache folder"
    )
    data_folder: Path | None = Field(
        None,
        description="tables that add to those packaged: fronts.csv, platforms.csv; empty: the "
        "user's data folder",
    )
    proxy: Annotated[SecretStr | None, BeforeValidator(_proxy)] = Field(
        None,
        description="HTTP proxy for RDAP, http://[user:password@]host:port; WHOIS (port 43) and "
        "DNS do not go through it",
    )
    dns_timeout: Seconds = Field(
        5.0, gt=0, le=60, description="seconds for one DNS query, all resolvers together"
    )
    connect_timeout: Seconds = Field(5.0, gt=0, le=60, description="seconds to open a connection")
    rdap_timeout: Seconds = Field(15.0, gt=0, le=300, description="seconds for one RDAP answer")
    whois_timeout: Seconds = Field(15.0, gt=0, le=300, description="seconds for one WHOIS answer")
    patience: Seconds = Field(
        30.0,
        ge=0,
        le=3600,
        description="seconds to wait for a registry that asks to come back later",
    )
    wait: Seconds = Field(
        30.0,
        ge=0,
        le=86400,
        description="seconds that a batch waits at its end for registries that did not answer",
    )
    registry_concurrency: Annotated[int, Unit("queries")] = Field(
        32,
        ge=1,
        le=64,
        description="most queries in flight at one registry, below what its own limits allow",
    )
    jobs: Annotated[int, Unit("targets")] = Field(
        128, ge=1, le=1000, description="targets that a batch looks up at once"
    )


class CaseSettings(BaseModel):
    """Where cases are kept, and how notices are written and their replies read."""

    store: str | None = Field(
        None,
        description="where reports and notices are kept: sqlite:///FILE or "
        "postgresql://USER@HOST/DATABASE; empty: a file in the data folder",
    )
    key_file: Path | None = Field(
        None, description="the keys of that store; empty: beside its file"
    )
    time_stamp_url: OptionalHttpUrl = Field(
        "",
        description="time-stamp authority (RFC 3161) that stamps the log's head, so that nobody "
        "rewrites it unnoticed; it learns a salted digest",
    )
    time_stamp_roots: Path | None = Field(
        None, description="its root certificates, PEM: stamps are checked with these alone"
    )
    stamps_folder: Path | None = Field(
        None,
        description="where stamps are kept, best out of the database administrator's reach; "
        "empty: `stamps` in the data folder",
    )
    keep_urls: bool = Field(
        False,
        description="keep reported URLs themselves, encrypted; else only a keyed hash, by which "
        "they are recognised, and the host",
    )
    analyst: str | None = Field(
        None, description="who is noted as having done something; empty: the account's name"
    )
    hotline_name: str = Field("", description="the hotline's name, for notices")
    hotline_mailbox: str = Field(
        "", description="where replies go: notices carry it with a token, name+TOKEN@domain"
    )
    hotline_address: str = Field(
        "", description="the hotline's postal address, for notices and letters; lines end with \\n"
    )
    hotline_telephone: str = Field(
        "", description="the hotline's telephone number, for notices and letters"
    )
    anonymous_notifier: bool = Field(
        False,
        description="notices name neither the hotline nor its address and telephone, which "
        "Regulation (EU) 2022/2065, Art. 16(2)(c), does not ask for here; replies still go to "
        "hotline_mailbox",
    )
    mail_authserv: str = Field(
        "",
        description="authserv-id of the hotline's own mail relay, as its Authentication-Results "
        "have it: without it nothing proves where a mail comes from",
    )
    mail_relay_hosts: Annotated[list[Annotated[str, AfterValidator(str.lower)]], Texts] = Field(
        [],
        description="names and addresses of the hotline's own mail servers, as they stand in "
        "Received, comma-separated: bounces that they made are believed",
    )
    hotline_country: Annotated[str, AfterValidator(_country)] = Field(
        "",
        description="the hotline's country, two letters: providers elsewhere are routed to the "
        "hotline there",
    )
    grouping_hours: Hours = Field(
        1.0,
        ge=0,
        le=720,
        description="hours for which reports of one site may gather in its notice: advice, it can "
        "be sent at once",
    )
    reminder_hours: Hours = Field(
        24.0, gt=0, le=720, description="hours after which a reminder is due while a URL is online"
    )
    notice_language: Annotated[str, Field(pattern="^[a-z]{2}$")] = Field(
        "en", description="language of notices, such as en or nl"
    )
    notice_urls: Literal["defanged", "whole"] = Field(
        "defanged", description="how a notice names URLs: defanged or whole"
    )
    templates_folder: Path | None = Field(
        None, description="folder of your own notice templates, notice.LANGUAGE.txt.j2"
    )


class ServiceSettings(BaseModel):
    """Where the service listens, whom it trusts, and how people sign in."""

    serve_host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="address that the service listens on; another than loopback needs TLS in front",
    )
    serve_port: int = Field(
        8420,
        ge=0,
        le=65535,
        description="port that the service listens on; 0 takes any that is free",
    )
    public_url: OptionalHttpUrl = Field(
        "",
        description="where the service is reached through its proxy, e.g. "
        "https://attribution.hotline.example/",
    )
    trusted_proxies: Annotated[
        list[Annotated[str, _check(ipaddress.ip_network, "is no IP address or range")]], Texts
    ] = Field(
        [],
        description="proxy addresses whose X-Forwarded-For is trusted, comma-separated",
    )
    rate_limit: Annotated[int, Unit("requests a minute")] = Field(
        600, ge=1, le=1_000_000, description="requests a minute that one client of the service has"
    )
    session_hours: Hours = Field(
        12.0, gt=0, le=168, description="hours after which one signs in again"
    )
    oidc_issuer: OptionalHttpUrl = Field(
        "",
        description="identity provider for signing in (OpenID Connect): its issuer URL; goes with "
        "the next two",
    )
    oidc_client_id: str = Field("", description="the service's name at that identity provider")
    oidc_client_secret: SecretStr | None = Field(
        None, description="the service's secret there; never shown"
    )


class Settings(ServiceSettings, CaseSettings, LookupSettings):
    """Every setting. `attribution config show` prints each value and its source."""

    @property
    def proxy_note(self) -> str | None:
        """The line about the proxy that start-up prints, without its password; None without one."""
        if self.proxy is None:
            return None
        parts = urlsplit(self.proxy.get_secret_value())
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return (
            f"RDAP goes through the proxy {host}:{parts.port}; WHOIS (port 43) and DNS go directly"
        )

    @property
    def postal_address(self) -> str:
        """The hotline's postal address with its line breaks, which variables write `\\n`."""
        return self.hotline_address.replace("\\n", "\n")

    @property
    def service_url(self) -> str:
        """URL of the service, ending in a slash: its public one, else where it listens."""
        host = f"[{self.serve_host}]" if ":" in self.serve_host else self.serve_host
        return self.public_url or f"http://{host}:{self.serve_port}/"

    @property
    def cache_path(self) -> Path:
        """Folder of kept answers."""
        return self.cache_folder or Path(platformdirs.user_cache_dir("attribution"))

    @property
    def store_url(self) -> str:
        """URL of the database of reports and notices."""
        return self.store or f"sqlite:///{self.data_path / 'cases.sqlite3'}"

    @property
    def stamps_path(self) -> Path:
        """Folder of the log's time stamps."""
        return self.stamps_folder or self.data_path / "stamps"

    @property
    def data_path(self) -> Path:
        """Folder of the user's own tables."""
        return self.data_folder or Path(platformdirs.user_data_dir("attribution"))


def config_file() -> Path:
    """Return the TOML file that is read: `ATTRIBUTION_CONFIG`, else the user's usual one."""
    named = os.environ.get(CONFIG_VARIABLE)
    return (
        Path(named) if named else Path(platformdirs.user_config_dir("attribution")) / "config.toml"
    )


def load_settings(**values: Any) -> Settings:
    """Read the settings: `values` win over the environment, the environment over the TOML file.

    Raises SettingsError naming setting, value and allowed form.
    """
    in_file = _read_file()
    unknown = sorted(set(in_file) - set(Settings.model_fields))
    if unknown:
        raise SettingsError(
            f"settings file {str(config_file())!r}: unknown {', '.join(unknown)}."
            f" Settings are: {', '.join(Settings.model_fields)}."
        )
    from_environment = {name: os.environ[key] for name, key in _variables().items()}
    try:
        return Settings(**{**in_file, **from_environment, **values})
    except ValidationError as error:
        raise SettingsError("; ".join(map(_complaint, error.errors()))) from None


class SettingValue(NamedTuple):
    """A setting as it is in this environment."""

    name: str
    value: Any
    source: str
    """`default`, `environment VARIABLE`, or the path of the settings file."""
    description: str


def setting_sources() -> list[SettingValue]:
    """Return every setting with its value and where the value comes from. Raises SettingsError."""
    settings = load_settings()
    in_file, variables = _read_file(), _variables()
    rows = []
    for name, field in Settings.model_fields.items():
        source = str(config_file()) if name in in_file else "default"
        if name in variables:
            source = f"environment {variables[name]}"
        rows.append(SettingValue(name, getattr(settings, name), source, field.description or ""))
    return rows


def unknown_variables() -> list[str]:
    """Return environment variables with our prefix that name no setting: misspelt ones."""
    names = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(
        name
        for name in os.environ
        if name.upper().startswith(PREFIX)
        and name.upper() not in {*names, CONFIG_VARIABLE, LANGUAGE_VARIABLE}
    )


def unit_of(field: FieldInfo) -> str | None:
    """Return what a setting counts (`seconds`, `hours`, …); None where it is no quantity."""
    return next((item.name for item in field.metadata if isinstance(item, Unit)), None)


def _complaint(error: ErrorDetails) -> str:
    """Return one validation error as setting, value, reason and allowed form."""
    name = str(error["loc"][0]) if error["loc"] else "settings"
    field = Settings.model_fields.get(name)
    form = f" Allowed: {field.description}." if field and field.description else ""
    value = "a value that is not shown" if field and _is_secret(field) else repr(error["input"])
    reason = error.get("ctx", {}).get("error", error["msg"])
    return f"setting {name} ({PREFIX}{name.upper()}) cannot be {value}: {reason}.{form}"


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _read_file() -> dict[str, Any]:
    path = config_file()
    try:
        if not path.is_file():
            if CONFIG_VARIABLE in os.environ:
                raise SettingsError(
                    f"{CONFIG_VARIABLE} names {str(path)!r}, which is no file. Make it or unset it."
                )
            return {}
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"settings file {str(path)!r} cannot be read: {error.strerror}. Let this account "
            f"read it, or name another with {CONFIG_VARIABLE}."
        ) from None
    except ValueError as error:
        raise SettingsError(
            f"settings file {str(path)!r} cannot be read: {error}. It must be TOML."
        ) from None


def _variables() -> dict[str, str]:
    """Return the environment variable of each setting that has one, in whatever case."""
    by_upper = {key.upper(): key for key in os.environ}
    upper_names = {name: PREFIX + name.upper() for name in Settings.model_fields}
    return {name: by_upper[upper] for name, upper in upper_names.items() if upper in by_upper}
