"""Assertions, exceptions, test cases and environments of definitions files."""

from __future__ import annotations

import pytest

from nwpolicy.model.assertions import Assertion, AssertionException, AssertionKind, Environment, Expectation
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.rules import Access
from nwpolicy.readers import definitions, nwp, yamltext


def read(text: str) -> tuple[tuple[Resource, ...], list[str]]:
    raw, document = yamltext.parse("a.yaml", f"nwpolicy: 1\n{text}")
    found = definitions.read(raw, document)
    return found.resources, [f"{one.location.span.line}: {one.message}" for one in found.diagnostics]


#: The same in both languages.
TWINS = [
    (
        "assertions: [{name: a, kind: isolated, source: {virtualNetwork: x}, destination: {virtualNetwork: y}}]",
        "assert a isolated from vnet x to vnet y",
    ),
    (
        "assertions: [{name: a, kind: never, protocol: Tcp, source: Internet, destination: {networkSecurityGroup: w},"
        " destinationPortRange: [22, 3389], rulesOnly: true, owner: o, reason: r, expires: 2027-01-31}]",
        "assert a never tcp from Internet to nsg w port 22, 3389 rules-only owner o reason r expires 2027-01-31",
    ),
    (
        "assertions: [{name: a, kind: routed, source: {subnet: v/s}, destination: Internet,"
        " nextHopType: VirtualAppliance, nextHopIpAddress: [10.0.0.4, 10.0.0.5]}]",
        "assert a routed from subnet v/s to Internet via appliance 10.0.0.4, 10.0.0.5",
    ),
    (
        "assertions: [{name: a, kind: routed, nextHopType: VirtualNetworkGateway}]",
        "assert a routed via gateway",
    ),
    (
        "assertions: [{name: a, kind: equivalent, before: x.json, after: y}]",
        'assert a equivalent from "x.json" to "y"',
    ),
    ("assertions: [{name: a, kind: equivalent, before: x.json}]", 'assert a equivalent from "x.json"'),
    (
        "exceptions: [{assertion: a, source: 203.0.113.7, destination: {virtualMachine: v}, expires: 2027-01-31}]",
        "except a from 203.0.113.7 to vm v expires 2027-01-31",
    ),
    (
        "expectations: [{name: e, verdict: Deny, protocol: Udp, destination: {privateEndpoint: p}, rule: deny-all}]",
        "expect e deny udp to private-endpoint p by deny-all",
    ),
    (
        "environments: {prod: {cidr: 10.0.0.0/8, on: true, ports: [80, 443], count: 3}}",
        "environment prod { cidr 10.0.0.0/8; on true; ports 80, 443; count 3 }",
    ),
]


@pytest.mark.parametrize(("yaml", "written"), TWINS)
def test_what_is_said_in_yaml_is_what_is_said_in_the_policy_language(yaml: str, written: str) -> None:
    found, faults = read(yaml)
    twin = nwp.read("a.nwp", written)
    assert faults == []
    assert twin.diagnostics == ()
    assert found == twin.resources


def test_what_is_read() -> None:
    found, _ = read("\n".join(yaml for yaml, _ in (TWINS[2], TWINS[6], TWINS[7], TWINS[8])))
    kinds = {type(one): one for one in found}
    routed = kinds[Assertion]
    assert isinstance(routed, Assertion)
    assert (routed.kind, routed.next_hop_type) == (AssertionKind.ROUTED, NextHopType.VIRTUAL_APPLIANCE)
    assert kinds[AssertionException].name == "a"
    assert isinstance(expected := kinds[Expectation], Expectation)
    assert expected.verdict is Access.DENY
    assert isinstance(given := kinds[Environment], Environment)
    assert {one.name: one.values for one in given.values} == {
        "cidr": ("10.0.0.0/8",),
        "on": ("true",),
        "ports": ("80", "443"),
        "count": ("3",),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: never, nextHopType: Internet", "nextHopType does not belong to an assertion of the kind never"),
        ("kind: routed", "an assertion of the kind routed needs the key nextHopType"),
        ("kind: routed, nextHopType: VirtualAppliance", "a virtual appliance has an address"),
        (
            "kind: routed, nextHopType: Internet, nextHopIpAddress: 10.0.0.4",
            "only a virtual appliance has addresses",
        ),
        ("kind: equivalent", "an assertion of the kind equivalent needs the key before"),
        (
            "kind: equivalent, before: a, rulesOnly: true",
            "rulesOnly does not belong to an assertion of the kind equivalent",
        ),
        ("kind: always, expires: 2027-02-30", "expires has to be a date, found 2027-02-30"),
    ],
)
def test_what_does_not_go_together(text: str, message: str) -> None:
    assert read(f"assertions: [{{name: a, {text}}}]")[1] == [f"2: {message}"]


def test_what_the_schema_refuses() -> None:
    _, faults = read("exceptions: [{source: Internet}]\nexpectations: [{name: e, verdict: Maybe}]")
    assert faults == [
        "2: an exception lacks 'assertion'",
        "3: verdict has to be Allow or Deny, found the text 'Maybe'",
    ]
