"""Superfluous rules, found by decision diagrams, are exactly those without which the solver sees nothing change."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import DEFAULTS
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.subjects import group_subject
from nwpolicy.logic.changes import equivalent
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.rules import Access, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.queries.lint.linting import Options, lint
from tests.builders import ALLOW, DENY, nsg, rule, snapshot

SUPERFLUOUS = frozenset({"NWP001", "NWP002", "NWP004", "NWP007"})
SOURCES = (
    "*",
    "10.0.0.0/9",
    "10.128.0.0/9",
    "10.0.0.0/8",
    "203.0.113.0/24",
    "VirtualNetwork",
    "Internet",
    "2001:db8::/32",
)
PORTS = ("*", "80", "443", "80-443", "0-1023", "1024-65535")

rules = st.tuples(
    st.sampled_from((ALLOW, DENY)),
    st.sampled_from(("Tcp", "Udp", "*")),
    st.sampled_from(SOURCES),
    st.sampled_from(("*", "10.0.1.4", "10.0.0.0/16")),
    st.sampled_from(PORTS),
)


def chain_of(written: list[SecurityRule]) -> Chain:
    estate = snapshot(nsg("group", *written))
    (group,) = estate.all(NetworkSecurityGroup)
    return filter_chain(estate, group_subject(group), Direction.INBOUND, DEFAULTS).chain


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rules, min_size=1, max_size=5))
def test_a_rule_is_superfluous_if_and_only_if_nothing_changes_without_it(
    drawn: list[tuple[Access, str, str, str, str]],
) -> None:
    written = [
        rule(f"rule-{index}", 100 + index, access, source, destination, ports, protocol=protocol)
        for index, (access, protocol, source, destination, ports) in enumerate(drawn)
    ]
    answer = lint(snapshot(nsg("group", *written)), Options(selected=SUPERFLUOUS))
    assert answer.undecided == ()
    said = {finding.subject.rpartition("/")[2] for finding in answer.findings}
    for one in written:
        rest = [other for other in written if other is not one]
        changes = equivalent(chain_of(written), chain_of(rest), FlowSet()) is not None
        mixed = _mixes_families(one)
        assert changes is (one.name not in said) or mixed, one.name


def _mixes_families(one: SecurityRule) -> bool:
    """Of such a rule another finding says that Azure does not accept it."""
    texts = [getattr(term, "text", "") for term in (*one.sources, *one.destinations)]
    return any(":" in text for text in texts) and any("." in text for text in texts)
