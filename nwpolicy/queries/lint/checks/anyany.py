"""Rules that let in everything from everywhere.

Source: Microsoft Learn, Network security groups overview.
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.spaces import INTERNET, union
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.addresses import NO_ADDRESS
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.rules import Access, Direction, SecurityRule
from nwpolicy.queries.lint.checks.targets import destinations
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.internet import is_internet
from nwpolicy.queries.lint.reporting import report
from nwpolicy.queries.lint.uses import RuleUse, example

__all__ = ["check_any_any"]


def check_any_any(facts: Facts) -> Iterator[Finding]:
    """A rule that allows every protocol and port from anywhere, as far as rules before it and other layers leave it
    something."""
    for use in facts.group_uses:
        rule, match = use.rule, use.parts[0].rule.match
        if rule.access is not Access.ALLOW or rule.direction is not Direction.INBOUND or use.is_shadowed:
            continue
        whole = (
            match.protocol.known.is_full and match.destination_port.known.is_full and match.source_port.known.is_full
        )
        left = union((NO_ADDRESS, *(flows.source for flows in use.asked)))
        wide = whole and is_internet(left) and is_internet(match.source.known)
        if wide and isinstance(rule, SecurityRule) and _gets_through(facts, use):
            yield report(
                facts,
                "NWP103",
                rule,
                f"{rule.name} lets in every protocol and port from anywhere",
                at=rule.field_source("sourceAddressPrefix", "sourceAddressPrefixes", "sources", "name"),
                reason="no field of it narrows what it allows",
                witness=str(example(use.asked[0])),
                help="name the protocols, ports and sources that are meant",
                parts=destinations(rule),
            )


def _gets_through(facts: Facts, use: RuleUse) -> bool:
    """Whether something of the internet that the rule lets in may get through all layers somewhere."""
    asked = tuple(found for flows in use.asked if (found := flows & FlowSet(source=INTERNET)))
    for meeting in facts.meetings(use.rule):
        try:
            if any(fate.allowed is not False for fate in Decisions.of(meeting.chain, asked).counts()):
                return True
        except TooLarge as large:
            facts.undecided[f"what {use.rule.name} lets in: {large}"] = None
            return False
    return next(facts.meetings(use.rule), None) is None
