"""Where a mail comes from: only our relay's word counts, and only where it stands."""

from __future__ import annotations

import time

import pytest

from attribution.mail import Method, Pass, Relay, read_mail, speaks_for
from returned_mails import RELAY, Sent, authenticated, report

OURS = Relay(RELAY, frozenset([RELAY, "store.hotline.example", "192.0.2.9"]))
MAIL = bytes(Sent())
FORGED = f"Authentication-Results: {RELAY}; dkim=pass header.d=hosting.example\n".encode()


def passes(raw: bytes, relay: Relay = OURS) -> tuple[Pass, ...]:
    return read_mail(raw, relay).passes


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("spf=pass smtp.mailfrom=abuse@hosting.example", Pass(Method.SPF, "hosting.example")),
        ("spf=pass (ok) smtp.mailfrom=hosting.example", Pass(Method.SPF, "hosting.example")),
        ("spf=pass smtp.helo=mx.hosting.example", Pass(Method.SPF_HELO, "mx.hosting.example")),
        (
            "spf=pass smtp.mailfrom=<> smtp.helo=mx.hosting.example",
            Pass(Method.SPF_HELO, "mx.hosting.example"),
        ),
        ("dkim=pass header.d=hosting.example", Pass(Method.DKIM, "hosting.example")),
        ("dkim=pass (1024 bit) header.i=@Hosting.example", Pass(Method.DKIM, "hosting.example")),
        ("spf=fail smtp.mailfrom=hosting.example", None),
        ("spf=none smtp.mailfrom=hosting.example; dkim=neutral header.d=hosting.example", None),
        ("dmarc=pass header.from=hosting.example", None),
        ("x=(dkim=pass header.d=hosting.example)", None),
    ],
)
def test_what_our_relay_checked_is_read(results: str, expected: Pass | None) -> None:
    assert passes(authenticated(MAIL, results)) == ((expected,) if expected else ())


OFFENDER = "attacker.example"
VICTIM = "hosting.example"


@pytest.mark.parametrize(
    "results",
    [
        f'spf=pass smtp.mailfrom="x; spf=pass smtp.mailfrom=abuse@{VICTIM}"@{OFFENDER}',
        f'spf=pass smtp.mailfrom="x; dkim=pass header.d={VICTIM} "@{OFFENDER}',
        f'spf=pass smtp.mailfrom="x smtp.mailfrom={VICTIM} "@{OFFENDER}',
        f'spf=pass smtp.mailfrom=" ; spf=pass smtp.mailfrom={VICTIM}',
        f'spf=pass smtp.mailfrom="\\"; spf=pass smtp.mailfrom={VICTIM} "@{OFFENDER}',
        f"spf=pass smtp.mailfrom={OFFENDER} (a (b) ; spf=pass smtp.mailfrom={VICTIM} )",
        f"spf=pass smtp.mailfrom=header.d={VICTIM}@{OFFENDER} smtp.mailfrom={VICTIM}",
        f'dkim=pass header.i="x header.d={VICTIM}"@{OFFENDER}',
        f'dkim=pass header.i="@{VICTIM} "@{OFFENDER}',
        f'dkim=fail reason="; dkim=pass header.d={VICTIM}" header.d={VICTIM}',
        f"auth=pass smtp.auth=dkim=pass header.d={VICTIM}",
        f"x-spf=pass smtp.mailfrom={VICTIM}",
        f"spf=pass smtp.mailfrom=abuse@{VICTIM}:587@{OFFENDER}",
        f"spf=pass smtp.mailfrom=a@[{VICTIM}]",
    ],
)
def test_a_sender_vouches_for_no_other_domain_by_words_in_the_return_path(results: str) -> None:
    assert all(check.domain == OFFENDER for check in passes(authenticated(MAIL, results)))


def test_reading_of_results_costs_time_by_their_size() -> None:
    for piece in ("(", ")", '"', "\\", ";", "spf=pass ", " =", "=", '"a'):
        began = time.perf_counter()
        passes(authenticated(MAIL, piece * 200_000))
        assert time.perf_counter() - began < 1, piece


def test_only_the_topmost_field_with_our_id_counts() -> None:
    assert passes(authenticated(FORGED + MAIL, "dkim=fail header.d=hosting.example")) == ()
    other = authenticated(MAIL, "dkim=pass header.d=hosting.example", by="mx.attacker.example")
    assert passes(other) == ()
    assert passes(FORGED + MAIL, Relay()) == ()


def test_a_field_below_a_server_that_is_not_ours_came_with_the_mail() -> None:
    foreign = b"Received: from a by mx.attacker.example; Mon, 02 Mar 2026 10:00:00 +0000\n"
    assert passes(foreign + FORGED + MAIL) == ()
    inside = f"Received: from {RELAY} by store.hotline.example with LMTP\n".encode()
    assert passes(inside + FORGED + MAIL) == (Pass(Method.DKIM, "hosting.example"),)


def made(*received: str, mta: str = RELAY) -> bool:
    lines = "".join(f"Received: {line}\n" for line in received).encode()
    return read_mail(lines + report(mta=mta), OURS).by_own_relay


def test_a_bounce_that_our_relay_made_is_told_by_its_way() -> None:
    assert made()
    assert made(f"by {RELAY} (Postfix) id 4711; Mon, 02 Mar 2026 10:00:00 +0000")
    assert made(
        f"from {RELAY} ({RELAY} [192.0.2.9]) by store.hotline.example with LMTP",
        f"from localhost (localhost [127.0.0.1]) by {RELAY} (Postfix)",
        f"by {RELAY} (Postfix)",
    )
    assert made(f"from {RELAY} (192.0.2.9) by store.hotline.example")
    assert made(f"from localhost ([IPv6:::1]:25) by {RELAY} (Postfix)")


@pytest.mark.parametrize(
    "line",
    [
        f"from {RELAY} (evil.example [203.0.113.5]) by {RELAY} (Postfix)",
        f"from [127.0.0.1] (unknown [203.0.113.5]) by {RELAY} (Postfix)",
        f"from [203.0.113.5] (helo=[127.0.0.1]) by {RELAY} with esmtp (Exim)",
        f"from unknown (HELO {RELAY}) (203.0.113.5) by {RELAY} with SMTP",
        "from a (a [127.0.0.1]) by mx.attacker.example",
        f"from unknown (HELO [127.0.0.1]) (203.0.113.5) by {RELAY} with SMTP",
        f"from [127.0.0.1] (203.0.113.5:25) by {RELAY}",
        f"from [192.0.2.9] (2001:db8::7) by {RELAY}",
        f"from [IPv6:::1] ([IPv6:2001:db8::7]) by {RELAY}",
        f"from [127.0.0.1] by {RELAY} ([203.0.113.5]) by {RELAY} with SMTP",
        f"from {RELAY} by {RELAY} with SMTP",
    ],
)
def test_a_bounce_that_came_from_outside_is_not_our_relays_whatever_it_says(line: str) -> None:
    assert not made(line)
    assert not made(line, f"by {RELAY} (Postfix)")


def test_without_its_hosts_named_our_relay_made_nothing() -> None:
    assert not read_mail(report(mta=RELAY), Relay(RELAY)).by_own_relay
    assert not made(mta="mx.hosting.example")


@pytest.mark.parametrize(
    ("domain", "answers", "answers_below"),
    [
        ("hosting.example", True, True),
        ("HOSTING.example.", True, True),
        ("mx.hosting.example", False, True),
        ("nothosting.example", False, False),
        ("example", False, False),
        ("hosting.example.attacker.example", False, False),
        ("", False, False),
    ],
)
def test_who_speaks_for_a_mailbox(domain: str, answers: bool, answers_below: bool) -> None:
    assert speaks_for(domain, "hosting.example") is answers
    assert speaks_for(domain, "hosting.example", below=True) is answers_below
    assert speaks_for("hosting.example", "abuse.hosting.example")
