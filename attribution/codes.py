"""Every code that a program may meet in an answer, an event or a refusal, each with its one line.

Codes are stored and sent, so a code never changes its spelling. The line is English, the key of its
translation, and what the reference of codes says.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A string with one line of explanation: `NAME = "code", "What it means."`."""

    _value_: str
    line: str
    """What the code means: one English sentence."""

    def __new__(cls, value: str, line: str = "") -> Self:
        """Make a member; `Kind("code")` finds it by its code alone."""
        code = str.__new__(cls, value)
        code._value_, code.line = value, line
        return code


class Refusal(Code):
    """What is wrong with a command."""

    NOT_FOUND = "not_found", "What it names is not in the store."
    MISSING = "missing", "A field is empty that has to say something."
    INVALID = "invalid", "A field has a value that it cannot have."
    CONFLICT = "conflict", "It does not fit to what is in the store."
    NOT_ALLOWED = "not_allowed", "Who asks for it is not one who may: another person has to."
    UNCONFIRMED = "unconfirmed", "A second person has to confirm something first."
    HELD_BACK = (
        "held_back",
        "A text that would be published leads, or may lead, to a site or a person.",
    )


class EventKind(Code):
    """What can happen to a notice, to one of its URLs, or to a provider."""

    ACK = "ack", "The notice was acknowledged; `automatic: true` where a program did it."
    RECEIPT_CONFIRMED = (
        "receipt_confirmed",
        "The provider confirmed the receipt of the notice, as Regulation (EU) 2022/2065, "
        "Art. 16(4), asks; `automatic: true` where a program did it.",
    )
    DECISION_TOLD = (
        "decision_told",
        "The provider told its decision on the notice and how it can be contested, as Regulation "
        "(EU) 2022/2065, Art. 16(5), asks.",
    )
    REPLY = "reply", "The provider answered; of a notice, or of the provider as a whole."
    REFUSED = "refused", "The provider refuses; `legal_ground` where it states one."
    NOT_OURS = "not_ours", "The provider answers that the content is not in its network."
    BOUNCE = (
        "bounce",
        "The mail came back; `believed: false` where neither our relay nor the mailbox's "
        "domain vouches for that.",
    )
    DELAYED = "delayed", "A mail server tries again (DSN)."
    RELAYED = "relayed", "The notice was handed on to a server that tells no more (DSN)."
    DELIVERED = "delivered", "The provider's own mail server took the notice (DSN, RFC 3464)."
    OPENED = "opened", "The notice was displayed (MDN, RFC 8098)."
    REMINDER = "reminder", "The hotline reminded the provider."
    LETTER_DELIVERED = (
        "letter_delivered",
        "A registered letter or process server reached the seat; `notices` are those that "
        "it lists.",
    )
    CHANNEL_FAILED = "channel_failed", "A dated try by another channel (`channel`) reached nobody."
    CONTACT_CONFIRMED = (
        "contact_confirmed",
        "A second channel confirmed that the mailbox is the provider's.",
    )
    CONTACT_CORRECTED = (
        "contact_corrected",
        "Another address is used from now on; `by` says whether the hotline or the "
        "provider wants it.",
    )
    STILL_ONLINE = "still_online", "A checker saw the content."
    OFFLINE = "offline", "A checker saw it gone."
    REAPPEARED = "reappeared", "A checker saw it back."
    MOVED_TO_OTHER_HOST = "moved_to_other_host", "The name points to another provider now: `to`."
    COURT_ORDER_REQUESTED = "court_order_requested", "A court was asked to order removal."
    COURT_ORDER = "court_order", "A court ordered removal; `hours` where it set a time."
    INSTRUCTION = (
        "instruction",
        "An authority instructed or ordered the provider to act: `by_whom`; `hours` where it set "
        "a time.",
    )
    REMOVED_AFTER_COURT_ORDER = "removed_after_court_order", "It was removed after a court's order."
    ILLEGALITY_CONFIRMED = (
        "illegality_confirmed",
        "An authority, or the hotline of the provider's country, confirmed that it is "
        "illegal: `by_whom`.",
    )


class ContentKind(Code):
    """Of what kind content is that a notice is about, as far as the hotline noted it."""

    BASELINE = "baseline", "Of INHOPE's baseline categories."
    NOT_STATED = "not_stated", "The notice does not say it."


class ProviderAction(Code):
    """What a provider did after a notice, as far as checkers and its answers say."""

    REMOVED = "removed", "Every URL of the notice was gone."
    PARTLY_REMOVED = "partly_removed", "Some URLs of the notice were gone, others were not."
    REMOVED_AFTER_ORDER = (
        "removed_after_order",
        "Every URL of the notice was gone, at least one of them after a court's order.",
    )
    MOVED = "moved", "The content left the provider for another one."
    REFUSED = "refused", "The provider refused, and no URL was gone."
    NOT_OURS = "not_ours", "The provider answered that it is not in its network; no URL was gone."
    NO_ACTION = "no_action", "A checker saw the content online after the notice, and nothing gone."
    NOT_KNOWN = "not_known", "No checker looked after the notice, or nobody noted what it saw."


class ReportState(Code):
    """What has become of a report: what whoever made it may be told."""

    WORKING = "working", "The report is being worked on."
    FORWARDED = "forwarded", "The company that can remove the content was told about it."
    FORWARDED_ABROAD = (
        "forwarded_abroad",
        "The content is in another country, and those who can act there were told about it.",
    )
    PURSUED = (
        "pursued",
        "The content was still online after a notice about it; the hotline keeps working on it.",
    )
    ABROAD = (
        "abroad",
        "The content is in another country, where the hotline or an authority takes the report.",
    )
    GONE = "gone", "The content was gone when it was last checked."


class Problem(Code):
    """Why the service did not do what a request asked: `type` of an RFC 9457 document."""

    status: int
    """The HTTP status that it has by itself."""

    def __new__(cls, value: str, status: int, line: str) -> Self:
        """Make a member; `Problem("code")` finds it by its code alone."""
        code = str.__new__(cls, value)
        code._value_, code.status, code.line = value, status, line
        return code

    ADDRESS_TOO_LONG = "address-too-long", 414, "The request's address is longer than is served."
    BAD_CURSOR = "bad-cursor", 422, "The cursor is not one that this service gave."
    BAD_DAY = "bad-day", 422, "There is no assessment as of such a day."
    BAD_FORM = "bad-form", 422, "A form of the page cannot be read."
    BAD_LANGUAGE = "bad-language", 422, "The page is not translated into the language."
    BAD_ORIGIN = "bad-origin", 422, "A disclosed origin cannot be used."
    BAD_TIME = "bad-time", 422, "No report or notice can be of such a time."
    CHANGED = "changed", 412, "What is to be changed is not any more as it was read (`If-Match`)."
    FAILED = "failed", 500, "The service failed, and its log says why."
    INVALID_EVIDENCE = "invalid-evidence", 422, "An evidence bundle cannot be read."
    INVALID_TARGET = "invalid-target", 422, "The text is no URL, host name or IP address."
    KEY_USED = "key-used", 422, "The idempotency key was used for another request."
    NO_KEY = "no-key", 401, "The request has no key, or one that is unknown or disabled."
    NO_SUCH_METHOD = "no-such-method", 405, "The address is not served with this method."
    NOT_FOUND = "not-found", 404, "What the request names is not here."
    NOT_OPEN = "not-open", 403, "The key or the role lacks the scope that the request needs."
    NOT_UNDERSTOOD = "not-understood", 422, "The request does not have the form that is documented."
    OLD_FORM = "old-form", 403, "A form of the page has the CSRF token of another session."
    OTHER_SITE = "other-site", 403, "A form was sent by another site."
    PROVIDER_UNREACHABLE = (
        "provider-unreachable",
        502,
        "The identity provider did not answer as it has to.",
    )
    RATE_LIMITED = "rate-limited", 429, "More requests a minute than the rate limit allows."
    REFUSED = "refused", 422, "The command was refused; `code` and `field` say why."
    STORE_UNAVAILABLE = (
        "store-unavailable",
        503,
        "The store cannot be used now. Nothing was changed; try again.",
    )
    TOO_LARGE = "too-large", 413, "The request's body is larger than is served."
    WRONG_HOST = "wrong-host", 421, "The service is not reached under this host name."


class WorkKind(Code):
    """What people note of their work on a case; it bears on no assessment of a provider."""

    NOTE = "case_note", "Somebody noted `text`."
    ASSIGNED = "case_assigned", "`to` works on the case from now on; null for nobody."
    FOLLOW_UP = "case_follow_up", "The case is to be looked at again at `on`; null for no such day."
    HANDLED = "case_handled", "Somebody dealt with the mail that came back."
    DONE = "case_done", "Somebody closed the case: nothing more is to be done; `why` says why."
    REOPENED = "case_reopened", "Somebody opened a closed case again."


class QueueState(Code):
    """Where a case stands in the queue: each is in exactly one state."""

    TONIGHT = "tonight", "No notice was sent yet: it is to be approved and sent."
    CAME_BACK = "came_back", "Mail came back that nobody has dealt with."
    WAITING = "waiting", "A notice was sent; the case says what comes next, and when."
    NOBODY_KNOWN = (
        "nobody_known",
        "Nobody is known to be responsible for a report: its host can be looked up again.",
    )
    ABROAD = (
        "abroad",
        "The provider is in another country than the hotline: the hotline there is to write.",
    )
    DONE = "done", "Nothing is to be done."


class QueueTask(Code):
    """What is to be done next with a case."""

    NOTICE = "notice", "Send the first notice."
    BOUNCE = "bounce", "Find another way to reach the provider: the notice came back."
    REPLY = "reply", "Read what the provider answered."
    AUTOMATIC_ANSWER = "automatic_answer", "A program of the provider's answered."
    FOLLOW_UP = "follow_up", "Look at the case again, on the day that a person set."
    REMINDER = "reminder", "Send a reminder: content was seen online since the last notice."
    CHECK = "check", "Check whether the content is still online."
    LOOKUP = "lookup", "Look the host up again."
    CLOSED = "closed", "Nothing: a person closed the case."
    ALL_GONE = "all_gone", "Nothing: no URL of the case is online any more."


class KnownState(Code):
    """What the store knows of a URL that was reported before."""

    OPEN = "open", "It is in the store, and not known to be gone."
    GONE = "gone", "It was gone when it was last checked: now it may have reappeared."


class DoubtCode(Code):
    """What a reader must know before acting on an answer; `doubts[].code` of the answer."""

    ADDRESSES_LEFT_OUT = (
        "addresses_left_out",
        "The name has more addresses than are looked up; a sample of them was.",
    )
    BOOTSTRAP_FALLBACK = (
        "bootstrap_fallback",
        "IANA's list of registries could not be fetched; an older copy was used.",
    )
    CLAIM = (
        "claim",
        "A server that no registry runs answered: kept as evidence, and it names nobody.",
    )
    COUNTRIES_DIFFER = (
        "countries_differ",
        "The block is registered in one country, its holder in another.",
    )
    FRONT_IN_OTHER_NETWORK = (
        "front_in_other_network",
        "A published list names the address as a reverse proxy's, the registry another holder.",
    )
    FRONTED = "fronted", "The address is a reverse proxy's; the origin behind it is hidden."
    INVALID_INPUT = "invalid_input", "The text is no URL, host name or IP address."
    LAME = "lame", "No name server that is responsible for the name answered (lame delegation)."
    MAILBOX_OF_THE_SITE = (
        "mailbox_of_the_site",
        "The abuse mailbox or form is in the reported site's own domain.",
    )
    MAILBOX_UNUSABLE = (
        "mailbox_unusable",
        "The registry publishes a text as mailbox to which no mail can be sent.",
    )
    MAILBOX_UNVALIDATED = (
        "mailbox_unvalidated",
        "The registry itself says that it could not validate the mailbox.",
    )
    NAME_UNCERTAIN = (
        "name_uncertain",
        "The registry names no organisation; the name is from a description or the network's name.",
    )
    NAMESAKE = "namesake", "Two companies of the answer have one name and different ids."
    NO_DATA = "no_data", "The name exists and has no address."
    NO_HOST = "no_host", "The URL names no host."
    NO_REGISTRATION = "no_registration", "No registry has a registration of the address."
    NXDOMAIN = "nxdomain", "The name does not exist."
    NXDOMAIN_REWRITTEN = (
        "nxdomain_rewritten",
        "The resolver gives the name only an address that it also gives to names that do not "
        "exist.",
    )
    ON_HOLD = "on_hold", "The domain was taken out of the DNS by its registrar or registry."
    PARKED = "parked", "The address is on a list of parking pages."
    PARTIAL_RESOLUTION = (
        "partial_resolution",
        "The lookup of one address type (A or AAAA) of the name failed.",
    )
    PERHAPS_LEASED = (
        "perhaps_leased",
        "Another company announces the holder's address space: it may be leased to it.",
    )
    REGISTRY_ADDRESS = (
        "registry_address",
        "The name has an address of a registry's server or of a resolver.",
    )
    REGISTRY_SILENT = "registry_silent", "No registry gave a usable answer about the address."
    RESOLVER_REWRITES = (
        "resolver_rewrites",
        "The resolver gives addresses for names that do not exist.",
    )
    SERVED_FROM_ELSEWHERE = (
        "served_from_elsewhere",
        "The address that was seen to serve the content is not one that DNS gives now.",
    )
    SERVFAIL = "servfail", "The resolvers could not find an answer (SERVFAIL)."
    SEVERAL_ORIGINS = "several_origins", "Several networks announce the prefix of the address."
    SEVERAL_PROVIDERS = (
        "several_providers",
        "The site's addresses are at several companies; DNS alone does not say which serves it.",
    )
    SINKHOLE = (
        "sinkhole",
        "The address is a sinkhole's: the name may have been taken from its owner.",
    )
    SPECIAL = "special", "The target is special, and nobody can be responsible for it."
    SPECIAL_ADDRESS = (
        "special_address",
        "The target has only special addresses, such as private or loopback ones.",
    )
    SPECIAL_ADDRESS_IN_DNS = (
        "special_address_in_dns",
        "Beside its ordinary addresses the name has a special one.",
    )
    SPECIAL_NAME = "special_name", "The name is a special one, such as `localhost` or `.onion`."
    STALE = "stale", "A registry could not be reached; an answer older than a day was used."
    STUB = "stub", "The registries gave only placeholders for the address."
    TENANT_ONLY = (
        "tenant_only",
        "Only a customer's block is known around the address; a customer is never notified.",
    )
    TIMEOUT = "timeout", "The resolvers did not answer in time."
    TOLD_TOO_LONG_AGO = (
        "told_too_long_ago",
        "An origin was disclosed more than 12 hours before the lookup, and is not used.",
    )
    TRUNCATED = "truncated", "The registry says that it left part of its answer out."
    UNDELIVERABLE = "undeliverable", "The domain of the mailbox takes no mail, by its DNS."
    UNENCRYPTED = (
        "unencrypted",
        "A registry's answer came without TLS and could have been changed on the way.",
    )
    WRAPPED_URL = "wrapped_url", "The URL only redirects to another one."


class Rule(Code):
    """A rule that an explanation says was applied; `rule` of a step."""

    ABUSE_CONTACT = "abuse contact", "Where the accountable company takes abuse notices."
    ACCOUNTABLE = "accountable", "Which company answers for the address, and why."
    ANNOUNCEMENT = "announcement", "Another company's AS announces the address."
    CUSTOMER = "customer", "A block is a customer's, who is listed and never written to."
    DISCLOSED_ORIGIN = "told origin", "An address behind a reverse proxy was disclosed."
    HOTLINE = "hotline", "Which hotline takes reports of content in the country."
    INVALID_INPUT = "invalid_input", "The text is no URL, host name or IP address."
    LEAF = "leaf", "The most specific network around the address."
    LIST = "list", "A published list has the address as a cloud's."
    NEXT = "next", "The next accountable company, which holds the network above."
    NEXT_CONTACT = "next contact", "Where the next accountable company takes abuse notices."
    NO_ANSWER = "no answer", "Nobody is named: a registry did not answer."
    NOBODY_NAMED = "nobody named", "Nobody is named, though the registries answered."
    NOT_ATTRIBUTABLE = "not_attributable", "Nobody can be responsible for such a target."
    NOT_RESOLVED = "not_resolved", "The name has no address."
    ORIGIN = "origin", "Which AS announces the prefix of the address."
    PLATFORM = "platform", "The host is a customer's page of a platform of the tables."
    PRIMARY = "primary", "Which company to write to first, and why not to the others."
    REGISTRAR = "registrar", "Through which registrar the domain was registered."
    RESOLUTION = "resolution", "Which addresses the name has, by way of which aliases."
    SERVED_FROM = "served from", "A check or an analyst saw the address serve the content."


SHOWN_RULES = (
    Rule.DISCLOSED_ORIGIN,
    Rule.RESOLUTION,
    Rule.LEAF,
    Rule.ACCOUNTABLE,
    Rule.ABUSE_CONTACT,
    Rule.NO_ANSWER,
    Rule.NOBODY_NAMED,
)
"""The rules that a short answer shows; an explanation shows every one."""
