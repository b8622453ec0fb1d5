"""Whatever definitions there are: every format says the same, or says what it has no room for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.model.addresses import Address
from nwpolicy.model.avnm import NetworkManager, SecurityAdminConfiguration
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType, Route, RouteTable
from nwpolicy.model.rules import AdminRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.reports.writing import FORMATS, NotTheSame, NotWritable, convert
from tests.estates import Estate, estates
from tests.readers.nwp.test_nwp_roundtrip import KINDS


@pytest.mark.parametrize("form", FORMATS)
@given(estates())
def test_an_estate_says_the_same_in_every_format(form: str, estate: Estate) -> None:
    """`convert` refuses what it cannot prove, so that there is a text says it all."""
    assert convert(Snapshot.of(_deployable(estate.snapshot.resources)), form).text


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=20)
def test_a_definition_of_any_names_is_converted_or_refused(kind: str, data: st.DataObject) -> None:
    """Names and texts of any characters, among them such as Azure would not take."""
    snapshot = Snapshot.of([data.draw(KINDS[kind])])
    for form in FORMATS:
        with contextlib.suppress(NotWritable, NotTheSame):
            assert convert(snapshot, form).text


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=20)
def test_a_policy_file_can_say_whatever_a_policy_file_said(kind: str, data: st.DataObject) -> None:
    assert convert(Snapshot.of([data.draw(KINDS[kind])]), "nwp").text


def _deployable(resources: tuple[Resource, ...]) -> Iterator[Resource]:
    """As Azure would take them: in an estate routes may have any names, and appliances no addresses."""
    hops = {
        NextHopType.VIRTUAL_APPLIANCE: (Address.parse("10.0.0.9"),),
        NextHopType.VIRTUAL_APPLIANCE_ECMP: (Address.parse("10.0.0.9"), Address.parse("10.0.0.10")),
    }
    for resource in resources:
        if isinstance(resource, RouteTable):
            routes = (
                replace(route, name=f"route{number}", next_hop_ip_addresses=hops.get(route.next_hop_type, ()))
                for number, route in enumerate(resource.routes)
                if isinstance(route, Route) and isinstance(route.next_hop_type, NextHopType)
            )
            yield replace(resource, routes=tuple(routes))
        elif isinstance(resource, NetworkManager):
            configurations = map(_one_priority_each, resource.security_admin_configurations)
            yield replace(resource, security_admin_configurations=tuple(configurations))
        else:
            yield resource


def _one_priority_each(configuration: SecurityAdminConfiguration) -> SecurityAdminConfiguration:
    """In an estate, rules of one collection may share a priority."""
    collections = (
        replace(one, rules=tuple({_place(rule): rule for rule in one.rules}.values()))
        for one in configuration.rule_collections
    )
    return replace(configuration, rule_collections=tuple(collections))


def _place(rule: AdminRule | Unknown) -> object:
    return rule.name if isinstance(rule, Unknown) else (rule.direction, rule.priority)
