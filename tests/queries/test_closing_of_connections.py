"""`reach` and `troubleshoot` with `--unknowns any|none`, against the answers for each value of what is not known."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

import nwpolicy
from nwpolicy import cli
from nwpolicy.logic.errors import Undecided
from nwpolicy.queries.reach.answers import EntryAnswer, ReachState
from nwpolicy.queries.troubleshoot_answer import PathVerdict

ADMINS = ("203.0.113.0/24", "198.51.101.0/24", "192.0.2.0/28")

ESTATE = """\
nwpolicy: 1
unknowns:
  adminCidr: {allowedValues: [203.0.113.0/24, 198.51.101.0/24, 192.0.2.0/28]}
  appCidr: {allowedValues: [10.0.0.0/28, 10.0.1.0/24]}
virtualNetworks:
  - name: v
    addressSpace: [10.0.0.0/16]
    subnets:
      - {name: app, addressPrefix: 10.0.0.0/24, networkSecurityGroup: nsg-app}
      - {name: db, addressPrefix: 10.0.1.0/24, networkSecurityGroup: nsg-db}
publicIPAddresses:
  - {name: pip, ipAddress: 52.1.2.3}
networkInterfaces:
  - name: app
    ipConfigurations: [{name: a, privateIPAddress: 10.0.0.4, subnet: v/app, publicIPAddress: pip}]
  - name: db
    ipConfigurations: [{name: a, privateIPAddress: 10.0.1.4, subnet: v/db}]
networkSecurityGroups:
  - name: nsg-app
    securityRules:
      - {name: ssh, priority: 100, direction: Inbound, access: Allow, protocol: Tcp,
         sourceAddressPrefix: {unknown: adminCidr}, destinationAddressPrefix: "*", destinationPortRange: 22}
      - {name: https, priority: 110, direction: Inbound, access: Allow, protocol: Tcp,
         sourceAddressPrefix: "*", destinationAddressPrefix: "*", destinationPortRange: 443}
      - {name: out, priority: 100, direction: Outbound, access: Allow, protocol: Tcp,
         sourceAddressPrefix: "*", destinationAddressPrefix: {unknown: appCidr}, destinationPortRange: 1433}
      - {name: rest, priority: 4000, direction: Outbound, access: Deny, protocol: "*",
         sourceAddressPrefix: "*", destinationAddressPrefix: "*", destinationPortRange: "*"}
  - name: nsg-db
    securityRules:
      - {name: sql, priority: 100, direction: Inbound, access: Allow, protocol: Tcp,
         sourceAddressPrefix: SOURCE, destinationAddressPrefix: "*", destinationPortRange: 1433}
      - {name: rest, priority: 4000, direction: Inbound, access: Deny, protocol: "*",
         sourceAddressPrefix: "*", destinationAddressPrefix: "*", destinationPortRange: "*"}
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return written(tmp_path, source="10.0.0.0/24")


def written(folder: Path, source: str) -> str:
    (folder / "estate.yaml").write_text(ESTATE.replace("SOURCE", source), encoding="utf-8")
    return str(folder)


def exposed(path: str, unknowns: str | None = None, **pins: str) -> list[EntryAnswer]:
    estate = nwpolicy.load(path, pins=nwpolicy.Pins.of(pins))
    return list(nwpolicy.reach(estate, source="Internet", protocol="tcp", port="22,443", unknowns=unknowns))


def ports_from(entries: list[EntryAnswer], address: str) -> set[str]:
    """The ports that an address reaches, as far as entries name it."""
    return {
        flows.destination_port
        for entry in entries
        for flows in entry.flows
        if entry.state is ReachState.REACHES and (flows.source is None or holds(flows.source, address))
    }


def holds(addresses: str, address: str) -> bool:
    from nwpolicy.model.addresses import Address, AddressSet

    parts = addresses.split(", ")
    return any(Address.parse(address) in AddressSet.parse(part) for part in parts)


@pytest.mark.parametrize("address", ["203.0.113.4", "198.51.101.9", "8.8.8.8"])
def test_any_is_what_some_value_lets_through_and_none_what_all_do(path: str, address: str) -> None:
    by_value = [split(ports_from(exposed(path, adminCidr=value), address)) for value in ADMINS]
    assert split(ports_from(exposed(path, "any"), address)) == set.union(*by_value)
    assert split(ports_from(exposed(path, "none"), address)) == set.intersection(*by_value)


def split(ports: set[str]) -> set[str]:
    return {port for text in ports for port in text.split(", ")}


def test_addresses_that_no_allowed_value_holds_reach_nothing(path: str) -> None:
    (entry,) = exposed(path)
    assert entry.state is ReachState.REACHES  # port 443
    may = [flows for flows in entry.flows if flows.depends_on]
    assert may
    assert all(flows.source == "192.0.2.0/28, 198.51.101.0/24, 203.0.113.0/24" for flows in may)


def test_the_example_says_for_which_value_it_gets_through(path: str) -> None:
    estate = nwpolicy.load(path)
    (entry,) = nwpolicy.reach(estate, source="Internet", protocol="tcp", port="22")
    assert entry.example is not None
    (value,) = entry.example.values
    assert (value.name, value.value in ADMINS) == ("adminCidr", True)
    (unknown,) = entry.flows[0].depends_on
    assert unknown.location is not None
    assert unknown.location.span.line == ESTATE[: ESTATE.index("{unknown: adm")].count("\n") + 1
    (again,) = nwpolicy.reach(
        nwpolicy.load(path, pins=nwpolicy.Pins.of({"adminCidr": value.value})), source="Internet", port="22"
    )
    assert again.state is ReachState.REACHES


@pytest.mark.parametrize(
    ("unknowns", "verdict"),
    [(None, PathVerdict.DEPENDS), ("any", PathVerdict.REACHABLE), ("none", PathVerdict.UNREACHABLE)],
)
def test_a_connection_that_depends_counts_as_one_or_the_other(
    path: str, unknowns: str | None, verdict: PathVerdict
) -> None:
    estate = nwpolicy.load(path)
    answer = nwpolicy.troubleshoot(estate, "app", "db", protocol="tcp", port="1433", unknowns=unknowns)
    assert answer.verdict is verdict
    assert any("appCidr" in note for note in answer.notes) is (unknowns is not None)


def test_what_does_not_depend_is_answered_as_ever(path: str) -> None:
    estate = nwpolicy.load(path)
    plain = nwpolicy.troubleshoot(estate, "Internet", "app", protocol="tcp", port="443")
    for unknowns in ("any", "none"):
        closed = nwpolicy.troubleshoot(estate, "Internet", "app", protocol="tcp", port="443", unknowns=unknowns)
        assert closed == plain


def test_one_unknown_at_both_ends_is_not_guessed(tmp_path: Path) -> None:
    """It may be the network of either, and of nothing that holds both: nothing gets through whatever it is."""
    estate = nwpolicy.load(written(tmp_path, source="{unknown: appCidr}"))
    with pytest.raises(Undecided, match="appCidr"):
        list(nwpolicy.reach(estate, source="app", destination="db", protocol="tcp", port="1433", unknowns="any"))
    with pytest.raises(Undecided, match="appCidr"):
        nwpolicy.troubleshoot(estate, "app", "db", protocol="tcp", port="1433", unknowns="any")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("reach {} --from Internet --port 22", 3),
        ("reach {} --from Internet --port 22 --unknowns any", 0),
        ("reach {} --from Internet --port 22 --unknowns none", 0),
        ("troubleshoot {} --from app --to db --protocol tcp --port 1433 --expect Reachable", 3),
        ("troubleshoot {} --from app --to db --protocol tcp --port 1433 --expect Reachable --unknowns any", 0),
        ("troubleshoot {} --from app --to db --protocol tcp --port 1433 --expect Reachable --unknowns none", 1),
    ],
)
def test_a_hook_gets_a_yes_or_no(path: str, question: str, code: int) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert cli.main(question.format(path).split()) == code


def test_none_lists_nothing_that_depends(path: str) -> None:
    (entry,) = exposed(path, "none")
    assert [(flows.destination_port, flows.source, flows.depends_on) for flows in entry.flows] == [("443", None, ())]


def test_another_word_is_an_error(path: str) -> None:
    estate = nwpolicy.load(path)
    with pytest.raises(ValueError, match="some"):
        nwpolicy.reach(estate, unknowns="some")
    with pytest.raises(ValueError, match="some"):
        nwpolicy.troubleshoot(estate, "app", "db", unknowns="some")
