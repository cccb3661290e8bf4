"""Every setting, from the environment (`ATTRIBUTION_*`) or a TOML file; the environment wins."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from attribution.errors import SettingsError

PREFIX = "ATTRIBUTION_"
CONFIG_VARIABLE = PREFIX + "CONFIG"


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


def _comma_list(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _lower_list(value: Any) -> Any:
    return [part.lower() for part in _comma_list(value)] if isinstance(value, str) else value


def _nameservers(value: Any) -> Any:
    servers = _comma_list(value)
    for server in servers or []:
        host, _ = split_host_port(server, 53)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError(
                f"{host!r} is no IP address; use e.g. 192.0.2.53 or [2001:db8::53]:5353"
            ) from None
    return servers


def _overrides(value: Any) -> Any:
    if isinstance(value, str):
        pairs = [part.partition("=") for part in _comma_list(value)]
        if any(not name or not target for name, _, target in pairs):
            raise ValueError("use name=host:port, separated by commas")
        value = {name.strip().lower(): target.strip() for name, _, target in pairs}
    for target in value.values():
        split_host_port(target, 43)
    return value


def _server(value: Any) -> Any:
    split_host_port(value, 43)
    return value


def _country(value: Any) -> Any:
    if value and not (
        isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha()
    ):
        raise ValueError("use two letters (ISO 3166-1), e.g. NL")
    return str(value).upper() if value else ""


def _http_url(value: Any) -> Any:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("use an http or https URL that ends in '/'")
    return value if value.endswith("/") else value + "/"


def _optional_url(value: Any) -> Any:
    return _http_url(value) if value else ""


def _proxy(value: Any) -> Any:
    """Check a proxy's URL. What is wrong is said without the value, which may hold a password."""
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


def _addresses(value: Any) -> Any:
    proxies = _comma_list(value)
    for proxy in proxies or []:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            raise ValueError(f"{proxy!r} is no IP address or range") from None
    return proxies


class Settings(BaseModel):
    """How to ask and where to keep. `attribution config show` prints each value and where it came
    from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    nameservers: Annotated[list[str], BeforeValidator(_nameservers)] = Field(
        [], description="DNS resolvers, address[:port], comma-separated; empty: the system's"
    )
    rdap_bootstrap_url: Annotated[str, BeforeValidator(_http_url)] = Field(
        "https://data.iana.org/rdap/",
        description="folder that holds ipv4.json, ipv6.json, asn.json, dns.json",
    )
    whois_root: Annotated[str, BeforeValidator(_server)] = Field(
        "whois.iana.org:43", description="WHOIS server that refers to the others, host[:port]"
    )
    whois_overrides: Annotated[dict[str, str], BeforeValidator(_overrides)] = Field(
        {}, description="WHOIS servers to reach elsewhere: name=host:port, comma-separated"
    )
    allow_loopback_registries: bool = Field(
        False, description="registries may be on loopback and plain http (laboratories, demos)"
    )
    allow_documentation_addresses: bool = Field(
        False, description="treat RFC 5737, 3849 and 9637 addresses as ordinary (demos, tests)"
    )
    cache_folder: Path | None = Field(
        None, description="where answers are kept; empty: the user's cache folder"
    )
    data_folder: Path | None = Field(
        None,
        description="tables that add to those packaged: fronts.csv, platforms.csv; empty: "
        "the user's "
        "data folder",
    )
    ask_registrar: bool = Field(
        True, description="also ask for the site's domain: registrar, status, name servers"
    )
    ask_systems: bool = Field(
        False,
        description="also ask who holds the AS that announces the addresses: the last "
        "company to write "
        "to",
    )
    cloudflare_access_id: str | None = Field(
        None,
        description="key of a trusted reporter at Cloudflare: asks it for origins; goes "
        "with the secret",
    )
    cloudflare_access_secret: SecretStr | None = Field(
        None, description="the secret to that key; never shown or kept"
    )
    proxy: Annotated[SecretStr | None, BeforeValidator(_proxy)] = Field(
        None,
        description="HTTP proxy for RDAP, http://[user:password@]host:port; "
        "WHOIS (port 43) and DNS do not go through it",
    )
    dns_timeout: float = Field(
        5.0, gt=0, le=60, description="seconds for one DNS question, all servers together"
    )
    connect_timeout: float = Field(5.0, gt=0, le=60, description="seconds to open a connection")
    rdap_timeout: float = Field(15.0, gt=0, le=300, description="seconds for one RDAP answer")
    whois_timeout: float = Field(15.0, gt=0, le=300, description="seconds for one WHOIS answer")
    patience: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="seconds to wait for a registry that asks to come back later",
    )
    wait: float = Field(
        30.0,
        ge=0,
        le=86400,
        description="seconds that a batch waits at its end for registries that did not answer",
    )
    registry_concurrency: int = Field(
        32,
        ge=1,
        le=64,
        description="most questions in the air at one registry, below what its own limits allow",
    )
    jobs: int = Field(128, ge=1, le=1000, description="targets that a batch looks up at once")

    store: str | None = Field(
        None,
        description="where reports and notices are kept: sqlite:///FILE or "
        "postgresql://USER@HOST/DATABASE; empty: a file in the data folder",
    )
    key_file: Path | None = Field(
        None, description="the keys of that store; empty: beside its file"
    )
    time_stamp_url: Annotated[str, BeforeValidator(_optional_url)] = Field(
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
        description="keep reported URLs themselves, encrypted; else only what recognises them "
        "(a keyed hash) and the host",
    )
    analyst: str | None = Field(
        None, description="who is noted as having done something; empty: the account's name"
    )
    hotline_name: str = Field("", description="the hotline's name, for notices")
    hotline_mailbox: str = Field(
        "", description="where replies go: notices carry it with a token, name+TOKEN@domain"
    )
    mail_authserv: str = Field(
        "",
        description="authserv-id of the hotline's own mail relay, as its Authentication-Results "
        "have it: without it nothing proves where a mail comes from",
    )
    mail_relay_hosts: Annotated[list[str], BeforeValidator(_lower_list)] = Field(
        [],
        description="names and addresses of the hotline's own mail servers, as they stand in "
        "Received, comma-separated: bounces that they made are believed",
    )
    hotline_country: Annotated[str, BeforeValidator(_country)] = Field(
        "",
        description="the hotline's country, two letters: providers elsewhere are routed to "
        "the hotline "
        "there",
    )
    grouping_hours: float = Field(
        24.0,
        ge=0,
        le=720,
        description="hours for which reports of one site gather before its notice is due",
    )
    reminder_hours: float = Field(
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
    public_url: Annotated[str, BeforeValidator(_optional_url)] = Field(
        "",
        description="where the service is reached through its proxy, e.g. "
        "https://attribution.hotline.example/",
    )
    trusted_proxies: Annotated[list[str], BeforeValidator(_addresses)] = Field(
        [],
        description="addresses of proxies that the service believes about who asks, "
        "comma-separated",
    )
    rate_limit: int = Field(
        600, ge=1, le=1_000_000, description="requests a minute that one client of the service has"
    )
    session_hours: float = Field(
        12.0, gt=0, le=168, description="hours after which one signs in again"
    )
    oidc_issuer: Annotated[str, BeforeValidator(_optional_url)] = Field(
        "",
        description="identity provider for signing in (OpenID Connect): its issuer URL; "
        "goes with the "
        "next two",
    )
    oidc_client_id: str = Field("", description="the service's name at that identity provider")
    oidc_client_secret: SecretStr | None = Field(
        None, description="the service's secret there; never shown"
    )

    @property
    def proxy_note(self) -> str | None:
        """What starting up says about the proxy, without its password; None where there is none."""
        if self.proxy is None:
            return None
        parts = urlsplit(self.proxy.get_secret_value())
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return (
            f"RDAP goes through the proxy {host}:{parts.port}; WHOIS (port 43) and DNS go directly"
        )

    @property
    def service_url(self) -> str:
        """Where people reach the service, ending in a slash:
        its public address, else where it listens.
        """
        host = f"[{self.serve_host}]" if ":" in self.serve_host else self.serve_host
        return self.public_url or f"http://{host}:{self.serve_port}/"

    @property
    def cache_path(self) -> Path:
        """The folder for kept answers."""
        return self.cache_folder or Path(platformdirs.user_cache_dir("attribution"))

    @property
    def store_url(self) -> str:
        """Where reports and notices are kept."""
        return self.store or f"sqlite:///{self.data_path / 'cases.sqlite3'}"

    @property
    def stamps_path(self) -> Path:
        """Where time stamps of the log are kept."""
        return self.stamps_folder or self.data_path / "stamps"

    @property
    def data_path(self) -> Path:
        """The folder for the user's own tables."""
        return self.data_folder or Path(platformdirs.user_data_dir("attribution"))


def config_file() -> Path:
    """Return the TOML file that is read: `ATTRIBUTION_CONFIG`, else the user's configuration
    folder.
    """
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
            f" Known: {', '.join(Settings.model_fields)}."
        )
    from_environment = {name: os.environ[key] for name, key in _variables().items()}
    try:
        return Settings(**{**in_file, **from_environment, **values})
    except ValidationError as error:
        complaints = (_complaint(dict(problem)) for problem in error.errors())
        raise SettingsError("; ".join(complaints)) from None


def setting_sources() -> list[tuple[str, Any, str, str]]:
    """List (name, value, where it comes from, what it is for) of every setting."""
    settings = load_settings()
    in_file, variables = _read_file(), _variables()
    rows = []
    for name, field in Settings.model_fields.items():
        source = str(config_file()) if name in in_file else "default"
        if name in variables:
            source = f"environment {variables[name]}"
        rows.append((name, getattr(settings, name), source, field.description or ""))
    return rows


def unknown_variables() -> list[str]:
    """List variables with our prefix that are no setting: a slip of the pen is otherwise silent."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    return sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )


def _complaint(error: dict[str, Any]) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    field = Settings.model_fields.get(name)
    form = f" Allowed: {field.description}." if field and field.description else ""
    value = "a value that is not shown" if field and _is_secret(field) else repr(error["input"])
    why = str(error["msg"]).removeprefix("Value error, ")
    return f"setting {name} ({PREFIX}{name.upper()}) cannot be {value}: {why}.{form}"


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _read_file() -> dict[str, Any]:
    import tomllib

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
            "read it, or name another "
            f"with {CONFIG_VARIABLE}."
        ) from None
    except ValueError as error:
        raise SettingsError(
            f"settings file {str(path)!r} cannot be read: {error}. It must be TOML."
        ) from None


def _variables() -> dict[str, str]:
    """Return the environment variable of each setting
    that has one, in whatever case it is written.
    """
    by_upper = {key.upper(): key for key in os.environ}
    upper_names = {name: PREFIX + name.upper() for name in Settings.model_fields}
    return {name: by_upper[upper] for name, upper in upper_names.items() if upper in by_upper}
