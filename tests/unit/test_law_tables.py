"""The tables of law: sourced and dated rows, in force on a day, of the right country and role."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from attribution.data import packaged_rows
from attribution.data.authorities import Power, authorities, hotlines_and_authority
from attribution.data.countries import EU_MEMBERS, holds_in
from attribution.data.escalation import next_step
from attribution.data.hotlines import hotlines
from attribution.data.law_tables import LAW_TABLES, LIFETIME, law_rows, stale_rows, table_states
from attribution.data.laws import DutyRole, Upon, duties, duty_role, laws_of, provisions
from attribution.data.ways_out import WayKind, way_out
from attribution_cli.app import app

DAY = date(2026, 11, 28)
DSA = "Regulation (EU) 2022/2065"
OUTSIDE = ("CH", "GB", "IS", "LI", "MD", "MY", "NO", "RU", "UA", "US", "", None, "EU", "*")
MOST_CONTENT = ("BG", "US", "NL", "RO", "FR", "DE", "MY", "MD", "IS", "SE")
"""Where most of the content is, by the IWF's report of 2025; the most first."""
WITHOUT_HOTLINE = ("MY", "RU", "PA", "IR", "UA", "VN", "HK")


def dsa_articles(country: str | None, role: DutyRole, on: date = DAY) -> list[str | None]:
    return [row.article for row in duties(country, role, on) if row.law == DSA]


def test_each_row_has_a_source_and_the_day_of_the_last_look() -> None:
    rows = list(law_rows())
    assert {row.table for row in rows} == set(LAW_TABLES)
    assert all(row.source.startswith(("https://", "http://")) for row in rows)
    assert all(date(2026, 11, 25) <= row.looked_at <= datetime.now(UTC).date() for row in rows)


@pytest.mark.parametrize("table", LAW_TABLES)
def test_rows_are_told_apart_and_name_countries(table: str) -> None:
    names = [
        (row["country"], *(row[name] for name in LAW_TABLES[table])) for row in packaged_rows(table)
    ]
    assert len(names) == len(set(names))
    assert all(country == "*" or (len(country) == 2 and country.isupper()) for country, *_ in names)


def test_codes_of_duties_are_unique_and_their_sentences_fit_a_notice() -> None:
    rows = packaged_rows("duties.csv")
    codes = [row["code"] for row in rows]
    assert len(codes) == len(set(codes))
    assert all(code.isidentifier() and code.islower() for code in codes)
    assert all(row["duty"].endswith(".") and "\n" not in row["duty"] for row in rows)


@pytest.mark.parametrize("country", sorted(EU_MEMBERS))
def test_law_of_the_union_binds_by_role_in_each_member_state(country: str) -> None:
    assert {"6(1)(b)", "16(3)", "16(4)", "16(5)"} <= set(dsa_articles(country, DutyRole.HOSTING))
    assert dsa_articles(country, DutyRole.CDN) == ["5(1)(e)"]
    assert dsa_articles(country, DutyRole.NETWORK) == ["4(3)"]


@pytest.mark.parametrize("country", OUTSIDE)
def test_nothing_of_the_union_holds_outside_it(country: str | None) -> None:
    assert not holds_in("EU", country)
    for role in DutyRole:
        assert dsa_articles(country, role) == []
    step = next_step("case", country, hours=400, on=DAY)
    assert step is not None
    assert DSA not in (step.basis or "")


def test_trusted_flaggers_priority_binds_platforms_only() -> None:
    assert "22(1)" in dsa_articles("DE", DutyRole.PLATFORM)
    assert "22(1)" not in dsa_articles("DE", DutyRole.HOSTING)


def test_plain_hosts_in_britain_owe_what_the_regulations_of_2002_say() -> None:
    plain = [row.article for row in duties("GB", DutyRole.HOSTING, DAY)]
    assert plain == ["19", "22"]
    assert "10(3)(b)" in [row.article for row in duties("GB", DutyRole.PLATFORM, DAY)]


def test_american_providers_owe_reports_and_no_removal() -> None:
    rows = duties("US", DutyRole.HOSTING, DAY)
    assert [row.article for row in rows] == ["2258A(a)", "2258A(h)"]
    assert not any("remove" in row.duty.lower() for row in rows)
    before = duties("US", DutyRole.HOSTING, date(2024, 5, 6))
    assert [row.article for row in before] == ["2258A(a)"]


def test_an_article_holds_from_its_first_day_to_its_last() -> None:
    def articles(on: date) -> list[str]:
        return [row.article for row in provisions("nl", on)]

    assert articles(date(2024, 6, 30)) == ["240b"]
    assert articles(date(2024, 7, 1)) == ["252"]
    assert dsa_articles("NL", DutyRole.HOSTING, date(2024, 2, 16)) == []


def test_authorities_have_their_powers_from_a_day_on() -> None:
    def named(country: str, on: date) -> list[tuple[str, Power]]:
        return [(row.name.split(" (")[0], row.power) for row in authorities(country, on)]

    acm = ("Autoriteit Consument & Markt", Power.SUPERVISION)
    assert named("NL", date(2024, 6, 30)) == []
    assert acm not in named("NL", date(2025, 2, 3))
    assert [power for _, power in named("NL", date(2025, 2, 4))] == [
        Power.BINDING_INSTRUCTION,
        Power.SUPERVISION,
    ]
    assert authorities("FR", date(2025, 2, 19))[0].name == "Pharos (OCLCTIC)"
    assert authorities("FR", date(2025, 2, 20))[0].name == "Pharos (Office anti-cybercriminalité)"
    assert [row.power for row in authorities("PL", DAY)] == [Power.DESIGNATED]


def test_evidence_keeps_the_strongest_authority_of_the_day_and_no_police() -> None:
    dutch = hotlines_and_authority("nl", DAY).authority
    assert dutch is not None
    assert (dutch.power, dutch.since) == ("binding_instruction", "2024-07-01")
    assert hotlines_and_authority("NL", date(2024, 6, 30)).authority is None
    assert hotlines_and_authority("HK", DAY).authority is None


def test_the_dutch_norm_of_24_hours_is_the_first_step() -> None:
    assert next_step("case", "NL", hours=23.9, on=DAY) is None
    first = next_step("case", "NL", hours=24, on=DAY)
    assert first is not None
    assert "ATKM" in first.step
    assert first.as_json() == {
        "step": first.step,
        "basis": first.basis,
        "since": "2024-07-01",
    }
    before = next_step("case", "NL", hours=24, on=date(2024, 6, 30))
    assert before is not None
    assert before.step == "send a reminder"
    elsewhere = next_step("case", "US", hours=24, on=DAY)
    assert elsewhere is not None
    assert (elsewhere.step, elsewhere.basis) == ("send a reminder", None)


def test_later_steps_of_a_country_do_not_fall_behind_earlier_ones() -> None:
    for country in ("NL", "FR", "DE", "US"):
        steps = [next_step("case", country, hours=hours, on=DAY) for hours in (24, 72, 168, 336)]
        assert [step.hours for step in steps if step] == [24, 72, 168, 336]


@pytest.mark.parametrize(
    "country", sorted({*MOST_CONTENT, *WITHOUT_HOTLINE, "SC", "NG", "CM", "ZW"})
)
def test_no_country_is_a_dead_end(country: str) -> None:
    ways = way_out(country, DAY)
    assert {WayKind.POLICE, WayKind.NETWORK_ABOVE} <= {way.kind for way in ways}
    assert len({way.name for way in ways}) == len(ways)
    assert (ways[0].kind is WayKind.HOTLINE) == bool(hotlines(country))


@pytest.mark.parametrize("country", WITHOUT_HOTLINE)
def test_a_country_without_a_hotline_has_a_row_of_its_own(country: str) -> None:
    assert hotlines(country) == ()
    assert country in {row["country"] for row in packaged_rows("ways_out.csv")}


@pytest.mark.parametrize("row", packaged_rows("hotlines.csv"), ids=lambda row: row["name"])
def test_a_countrys_hotlines_are_its_first_ways(row: dict[str, str]) -> None:
    first = way_out(row["country"], DAY)[: len(hotlines(row["country"]))]
    assert row["name"] in {way.name for way in first}


@pytest.mark.parametrize("country", MOST_CONTENT)
def test_where_most_content_is_the_penal_article_is_known(country: str) -> None:
    assert provisions(country, DAY)
    verified = all(row.verified for row in provisions(country, DAY))
    assert verified is (country != "IS")


def test_no_law_known_is_no_other_countrys() -> None:
    assert provisions("PA", DAY) == ()
    assert all(duties("PA", role, DAY) == () for role in DutyRole)
    assert laws_of("PA") == laws_of(None) == ()


def test_a_notice_cites_what_receipt_or_knowledge_brings_about_and_nothing_unverified() -> None:
    dutch = {law.law: law.article for law in laws_of("NL", "hosting", DAY)}
    assert dutch["Wetboek van Strafrecht"] == "252"
    assert dutch[DSA] == "6(1)(b), 16(2)(d), 16(3), 16(4), 16(5)"
    assert "Wet bestuursrechtelijke aanpak online kinderpornografisch materiaal" not in dutch
    assert "Strafwetboek / Code pénal (1867)" not in {law.law for law in laws_of("BE", on=DAY)}
    assert "Online Safety Act 2021" not in {law.law for law in laws_of("AU", "hosting", DAY)}


@pytest.mark.parametrize("country", ["AU", "CA", "DE", "FR", "GB", "IS", "NL", "NO", "NZ", "US"])
@pytest.mark.parametrize("role", DutyRole)
def test_each_law_that_a_notice_cites_has_a_verified_row(country: str, role: DutyRole) -> None:
    rows = [row for row in duties(country, role, DAY) if row.upon in (Upon.NOTICE, Upon.KNOWLEDGE)]
    grounds = {row.law for row in (*provisions(country, DAY), *rows) if row.verified}
    assert {law.law for law in laws_of(country, role.value, DAY)} == grounds


def test_roles_of_parties_are_those_of_the_law() -> None:
    assert (duty_role("reseller"), duty_role("allocation_holder")) == (
        DutyRole.HOSTING,
        DutyRole.NETWORK,
    )
    assert duty_role("tenant") is None
    assert duties("NL", None, DAY) == ()


def test_rows_not_looked_at_for_a_year_are_stale() -> None:
    oldest = min(row.looked_at for row in law_rows())
    assert stale_rows(oldest + LIFETIME) == ()
    stale = stale_rows(oldest + LIFETIME + timedelta(days=1))
    assert stale
    assert {row.looked_at for row in stale} == {oldest}
    assert sum(state.stale for state in table_states(DAY + 2 * LIFETIME)) == len(list(law_rows()))


def test_the_command_shows_what_is_unverified_and_what_is_not_known() -> None:
    tables = CliRunner().invoke(app, ["data", "law"]).stdout
    assert [line.split()[0] for line in tables.splitlines()] == list(LAW_TABLES)
    assert "unverified" in tables
    belgium = CliRunner().invoke(app, ["data", "law", "BE"]).stdout
    assert "417/43" in belgium
    assert "unverified" in belgium
    panama = CliRunner().invoke(app, ["data", "law", "PA"]).stdout
    assert "illegal    no law known here" in panama
    assert "Interpol" in panama
