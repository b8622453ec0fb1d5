"""That an edited text says exactly what was meant: the same definitions, rules with the same meaning, or all but one
rule, and then that the others do to every flow what they did with it.

Both texts are read as if no parameter had a value, not even its default one, so a proof holds for every value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject
from nwpolicy.logic.changes import equivalent
from nwpolicy.logic.errors import TooLarge, Undecided
from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.avnm import AdminRuleCollection
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import AdminRule, EffectiveAdminRules, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot, walk
from nwpolicy.model.source import Document
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.change import WrittenRule, without
from nwpolicy.queries.lint.facts import DIRECTIONS
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.meaning import meaning
from nwpolicy.readers.pins import OpenPins, Pins
from nwpolicy.readers.rereading import read_again

__all__ = ["Edited", "Refused"]

_ANY_NETWORK: Final = "any virtual network"


class Refused(Exception):  # noqa: N818 - an outcome
    """There is no edit that is proved to be right, for this reason."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A file whose text becomes another one, to mend a finding. Each proof raises Refused where it fails."""

    document: Document
    text: str
    finding: Finding
    assumptions: Assumptions

    def says_the_same(self) -> None:
        """Equal definitions mean the same: a prefix is equal to another one with the same addresses. They have to be
        equal with the default values of parameters too, as one may be what is edited."""
        for pins in (OpenPins(), Pins()):
            was, became = (_read(self.document, text, pins) for text in (self.document.text, self.text))
            if was.resources != became.resources:
                raise Refused("the file would define something else")

    def means_the_same(self) -> None:
        """Rules that match the same and do the same, whatever order and form their lists have; all else is equal."""
        before = self._before()
        self._rule(before)
        after = self._after()
        was, became = (list(map(meaning, _rules_in(fragment))) for fragment in (before, after))
        if was != became or _others(before) != _others(after):
            raise Refused("the file would define something else")

    def lacks_only(self) -> None:
        """The one rule is missing, and no flow fares otherwise without it."""
        before = self._before()
        rule = self._rule(before)
        if without(before.resources, rule) != self._after().resources:
            raise Refused("the file would define something else, or what it defines cannot be told")
        whole = assemble([before])
        kept = next(one for one in _written(whole) if one.source.location == rule.source.location)
        _same_without(whole, kept, self.assumptions)

    def _before(self) -> Fragment:
        return _read(self.document, self.document.text, OpenPins())

    def _after(self) -> Fragment:
        return _read(self.document, self.text, OpenPins())

    def _rule(self, fragment: Fragment) -> WrittenRule:
        """The rule that the finding is about; there must be one that is made from the place, and not several."""
        if not self.finding.scope.holds(self.finding.location):
            raise Refused("the value is written elsewhere, where it may be for other rules too")
        found = [rule for rule in _rules_in(fragment) if rule.source.location == self.finding.scope]
        if len(found) != 1:
            raise Refused("a loop makes several rules of what stands there" if found else "no rule is written there")
        return found[0]


def _read(document: Document, text: str, pins: Pins) -> Fragment:
    try:
        fragment = read_again(document, text, pins)
    except InputError:
        raise Refused("the file could not be read any more") from None
    if any(one.severity is Severity.ERROR for one in fragment.diagnostics):
        raise Refused("the file cannot be read by itself")
    return fragment


def _rules_in(fragment: Fragment) -> list[WrittenRule]:
    return [
        entry.resource for entry in walk(fragment.resources) if isinstance(entry.resource, SecurityRule | AdminRule)
    ]


def _written(snapshot: Snapshot) -> Iterator[WrittenRule]:
    yield from snapshot.all(SecurityRule)
    yield from snapshot.all(AdminRule)


def _others(fragment: Fragment) -> tuple[Resource, ...]:
    """What is no rule, and not in one."""
    resources = fragment.resources
    for rule in _rules_in(fragment):
        resources = without(resources, rule)
    return resources


# --- without a rule ---


def _same_without(whole: Snapshot, rule: WrittenRule, assumptions: Assumptions) -> None:
    """Whether the group of a rule treats every flow alike without it, wherever it is attached."""
    rest = Snapshot.of(without(whole.resources, rule))
    old, new = _chains(whole, rule, rest, assumptions)
    try:
        differing = any(equivalent(before, after, FlowSet()) for before, after in zip(old, new, strict=True))
    except (Undecided, TooLarge):
        raise Refused("whether flows fare otherwise cannot be told") from None
    if differing:
        raise Refused("flows might fare otherwise, for other values of parameters or because of what other files say")


def _chains(
    whole: Snapshot, rule: WrittenRule, rest: Snapshot, assumptions: Assumptions
) -> tuple[list[Chain], list[Chain]]:
    """What filters by the group alone, with the rule and without it."""
    holder = whole.parent(rule)
    if isinstance(holder, NetworkSecurityGroup):
        place = next(index for index, one in enumerate(whole.all(NetworkSecurityGroup)) if one is holder)
        after = rest.all(NetworkSecurityGroup)[place]
        return _of_group(whole, holder, assumptions), _of_group(rest, after, assumptions)
    if isinstance(holder, AdminRuleCollection):
        left = tuple(one for one in holder.rules if one is not rule)
        return _of_rules(whole, holder.rules, assumptions), _of_rules(rest, left, assumptions)
    raise Refused("its group is in another file")


def _of_group(snapshot: Snapshot, group: NetworkSecurityGroup, assumptions: Assumptions) -> list[Chain]:
    subject = group_subject(group)
    return [filter_chain(snapshot, subject, direction, assumptions).chain for direction in DIRECTIONS]


def _of_rules(snapshot: Snapshot, rules: tuple[AdminRule | Unknown, ...], assumptions: Assumptions) -> list[Chain]:
    """Admin rules as Azure would list them for a virtual network of which nothing else is known."""
    where = snapshot.resources[0].source
    subnet = Subnet(name=_ANY_NETWORK, source=where)
    network = VirtualNetwork(name=_ANY_NETWORK, subnets=(subnet,), source=where)
    listed = EffectiveAdminRules(name=_ANY_NETWORK, rules=rules, source=where)
    within = Snapshot.of((*snapshot.resources, network, listed))
    subject = Subject(SubjectKind.SUBNET, _ANY_NETWORK, subnet=subnet, virtual_network=network)
    return [filter_chain(within, subject, direction, assumptions).chain for direction in DIRECTIONS]
