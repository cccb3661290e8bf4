"""Refusals in disguise, and answers whose words only look like one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attribution.registry.readers import read_networks, read_refusal
from attribution.registry.servers import whois_server
from registry_samples import ARIN, DESK, HOLDER, LACNIC, RDAP, RPSL, WHOIS, network

BANNED = """% This is the RIPE Database query service.
%ERROR:201: access denied for 192.0.2.1
%
% Sorry, access from your host has been permanently
% denied because of a repeated excessive querying.
% For more information, see the manual.
"""
REFUSALS = [
    "%ERROR:201: access denied for 192.0.2.1\n",
    "%ERROR:306: connections exceeded\n",
    "% Query rate limit exceeded\n",
    "# too many requests, try again later\n",
    "% Permission denied.\n",
    "Too many queries from 192.0.2.1\n",
]


@pytest.mark.parametrize("text", REFUSALS)
@pytest.mark.parametrize("server", ["ripe", "arin", "lacnic", "twnic"])
def test_refusal_of_port_43(text: str, server: str) -> None:
    found = read_refusal(WHOIS[server], text.encode())
    assert (found.outcome, found.permanent) == ("rate_limited", False)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_permanent_refusal_whose_words_stand_on_two_lines(end: str) -> None:
    found = read_refusal(WHOIS["ripe"], BANNED.replace("\n", end).encode())
    assert (found.outcome, found.permanent) == ("rate_limited", True)


@pytest.mark.parametrize(
    "words",
    [
        "access denied",
        "has been permanently denied",
        "rate limit exceeded, try again later",
        "%ERROR:201: access denied",
        "no entries found",
        "not found",
        "unallocated",
    ],
)
@pytest.mark.parametrize("key", ["remarks", "descr", "netname"])
def test_customers_words_are_no_refusal(words: str, key: str) -> None:
    text = f"inetnum: 192.0.2.0 - 192.0.2.255\n{key}: {words}\nstatus: ASSIGNED PA\n"
    assert read_refusal(WHOIS["ripe"], text.encode()).outcome == "answered"
    assert len(read_networks(text.encode(), WHOIS["ripe"])) == 1
    comment = f"NetRange: 192.0.2.0 - 192.0.2.255\nComment: {words}\n"
    assert read_refusal(WHOIS["arin"], comment.encode()).outcome == "answered"
    owner = f"inetnum: 192.0.2.0/24\nowner: {words}\n"
    assert read_refusal(WHOIS["lacnic"], owner.encode()).outcome == "answered"
    remarks = [{"title": "remarks", "description": [words]}]
    body = network(HOLDER, DESK, remarks=remarks, name=words)
    assert read_refusal(RDAP["ripe"], body, status=200).outcome == "answered"


def test_answers_are_answers() -> None:
    for server, text in (("ripe", RPSL), ("arin", ARIN), ("lacnic", LACNIC)):
        assert read_refusal(WHOIS[server], text.encode()).outcome == "answered"
    referral = b"% no match\nrefer: whois.ripe.net\n"
    assert read_refusal(WHOIS["iana"], referral).outcome == "answered"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("%ERROR:101: no entries found\n", "not_found"),
        ("% no match\n", "not_found"),
        ("No match found for 192.0.2.7.\n", "not_found"),
        ("Domain not found.\n", "not_found"),
        ("", "unreachable"),
        (" \r\n", "unreachable"),
        ("hello\n", "malformed"),
    ],
)
def test_empty_answers_of_port_43(text: str, outcome: str) -> None:
    assert read_refusal(WHOIS["ripe"], text.encode()).outcome == outcome


def test_top_level_domains_name_their_attributes_freely() -> None:
    text = b"domain_name: site.example\nquery_status: 200 Active\nns_name_01: ns1.example\n"
    server = whois_server("whois.registry.example")
    assert read_refusal(server, text).outcome == "answered"
    assert read_refusal(server, b"Error: rate limit exceeded\n").outcome == "rate_limited"


def notice(title: str, *lines: str, **more: Any) -> bytes:
    notices = [{"title": title, "description": list(lines)}]
    return json.dumps({"rdapConformance": ["rdap_level_0"], "notices": notices} | more).encode()


@pytest.mark.parametrize(
    "body",
    [
        notice("Rate Limit Notice", "You have reached 10 queries per 1 minutes"),
        notice("Rate Limit Notice", "Rate Limit is maxed at 10.", errorCode=429),
        notice("Terms", "x", errorCode=429),
        notice("Terms", "x", errorCode="429"),
        json.dumps({"errorCode": 200, "title": "Too many requests"}).encode(),
    ],
)
def test_refusal_as_json_with_status_200(body: bytes) -> None:
    assert read_refusal(RDAP["lacnic"], body, status=200).outcome == "rate_limited"


def test_terms_of_use_that_mention_limits_are_no_refusal() -> None:
    notices = [{"title": "Rate Limit Notice", "description": ["limits: 10 queries a minute"]}]
    body = network(HOLDER, DESK, notices=notices)
    assert read_refusal(RDAP["lacnic"], body, status=200).outcome == "answered"
    assert read_refusal(RDAP["lacnic"], notice("Terms", "x"), status=200).outcome == "answered"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"<html><title>Rate Limit Notice</title></html>", "rate_limited"),
        (200, b"<html>oops</html>", "malformed"),
        (200, b"", "unreachable"),
        (200, b'{"errorCode": 404, "title": "Not Found"}', "not_found"),
        (200, b"[" * 20_000, "answered"),  # the reader says what is wrong with it
        (429, b"", "rate_limited"),
        (403, b"access denied", "rate_limited"),
        (404, b"", "not_found"),
        (400, b"", "malformed"),
        (500, b"<h1>oops</h1>", "unreachable"),
        (503, b"too many requests", "rate_limited"),
        (302, b"", "malformed"),
    ],
)
def test_answers_over_http(status: int, body: bytes, outcome: str) -> None:
    found = read_refusal(RDAP["ripe"], body, status=status, content_type="text/html")
    assert (found.outcome, found.permanent) == (outcome, False)


def test_permanent_refusal_over_http() -> None:
    body = b"access from your host has been permanently denied"
    assert read_refusal(RDAP["ripe"], body, status=403).permanent
