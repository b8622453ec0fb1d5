"""Rules that do nothing, or nothing that others would not do, in the group or the admin rules that they stand in.

Source: Microsoft Learn, Network security groups overview: the first rule that matches decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from nwpolicy.azure.origins import origin_of
from nwpolicy.logic.diagrams.tries import reach_of
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.filters import Chain, FilterRule, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.resource import AddressPrefix, PortRange
from nwpolicy.model.rules import Rule, SecurityRule
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import OPPOSED, label, labels, listed, related_rules, report
from nwpolicy.queries.lint.requirements import is_required
from nwpolicy.queries.lint.uses import RuleUse, deciding, example, without

__all__ = ["check_superfluous"]

_REDUNDANT: Final = ("NWP002", "NWP004")
_PARTLY_SHADOWED: Final = "NWP003"
_CORRELATED: Final = "NWP005"


def check_superfluous(facts: Facts) -> Iterator[Finding]:
    dead = frozenset(id(use.rule) for use in facts.group_uses if use.is_shadowed)
    for use in facts.group_uses:
        if not is_required(facts, use):
            yield from _of_rule(facts, use, dead)
    if not facts.groups_only:
        yield from _of_admin_rules(facts)


def _of_rule(facts: Facts, use: RuleUse, dead: frozenset[int]) -> Iterator[Finding]:
    if use.matches_nothing:
        if not _is_said_elsewhere(use):
            yield _without_traffic(facts, use)
    elif use.is_shadowed:
        yield _shadowed(facts, use)
    else:
        if not facts.wanted.isdisjoint(_REDUNDANT) and use.is_redundant:
            yield from _redundant(facts, use)
        if _PARTLY_SHADOWED in facts.wanted:
            yield from _dead_entries(facts, use)
        if _CORRELATED in facts.wanted:
            yield from _correlated(facts, use, dead)


def _is_said_elsewhere(use: RuleUse) -> bool:
    """Whether another rule of the linter names the cause: prefixes of both families, or ports without a protocol that
    has them."""
    rule = use.rule
    prefixes = [term.addresses for term in (*rule.sources, *rule.destinations) if isinstance(term, AddressPrefix)]
    mixed = any(one.v4 and not one.v6 for one in prefixes) and any(one.v6 and not one.v4 for one in prefixes)
    return mixed or (not isinstance(rule.protocol, Unknown) and rule.protocol.isdisjoint(PORTED))


def _without_traffic(facts: Facts, use: RuleUse) -> Finding:
    name = use.rule.name
    return report(
        facts,
        "NWP007",
        use.rule,
        f"{name} matches no flow at all",
        reason="its fields exclude one another, or one of them stands for nothing",
        help="mend the rule, or remove it",
    )


# --- shadowed ---


def _shadowed(facts: Facts, use: RuleUse) -> Finding:
    """Of a rule that others before it in its layer hold."""
    name, rules = use.rule.name, use.shadowing
    opposed = [rule for rule in rules if rule.outcome != use.parts[0].rule.outcome]
    verb = {Outcome.DENY: "denies", Outcome.PASS: "allows", Outcome.ACCEPT: "always allows"}
    own = use.parts[0].rule.outcome
    does = verb[own] if isinstance(own, Outcome) else "decides"
    whole = "the union of " if len(rules) > 1 else ""
    if len(opposed) == len(rules):
        tail = ", which does the opposite" if len(rules) == 1 else ", which do the opposite"
    else:
        tail = f"; of these the opposite is done by {listed(map(label, opposed))}" if opposed else ""
    return report(
        facts,
        "NWP001",
        use.rule,
        f"{name} never {does} anything",
        reason=f"shadowed by {whole}{labels(rules)}{tail}",
        witness=str(example(use.asked[0])),
        help="move it before them, or remove it" if opposed else "remove it: nothing changes",
        related=related_rules(rules, "comes first"),
        parts=OPPOSED if opposed else (),
        fixable=not opposed,
    )


def _of_admin_rules(facts: Facts) -> Iterator[Finding]:
    """An admin rule is shadowed if it is wherever it applies."""
    uses: dict[int, list[RuleUse]] = {}
    for use in facts.admin_uses:
        uses.setdefault(id(use.rule), []).append(use)
    for several in uses.values():
        if all(use.is_shadowed and not use.matches_nothing for use in several):
            yield _shadowed(facts, several[0])


# --- redundant ---


def _redundant(facts: Facts, use: RuleUse) -> Iterator[Finding]:
    """What decides instead of the rule tells whether it only repeats the defaults."""
    own = use.parts[0].rule
    try:
        instead = deciding(without(use.chain, use.index, own), use.asked)
    except TooLarge as large:
        facts.undecided[f"what {use.rule.name} does: {large}"] = None
        return
    instead = tuple(rule for rule in instead if rule.outcome == own.outcome and isinstance(origin_of(rule).rule, Rule))
    if not instead:
        return
    repeats = all(_is_default(rule) for rule in instead)
    yield report(
        facts,
        "NWP004" if repeats else "NWP002",
        use.rule,
        f"{use.rule.name} only repeats {labels(instead)}" if repeats else f"{use.rule.name} changes nothing",
        reason=f"without it, {labels(instead)} {'does the same' if len(instead) == 1 else 'do the same together'}",
        help="remove it, or keep it to say it in the file",
        related=related_rules(instead, "does the same"),
        fixable=not repeats,
    )


def _is_default(rule: FilterRule) -> bool:
    written = origin_of(rule).rule
    return isinstance(written, SecurityRule) and written.is_default


# --- partly shadowed, correlated ---


def _dead_entries(facts: Facts, use: RuleUse) -> Iterator[Finding]:
    """Entries of lists that stand for no flow that the rule decides about."""
    flows = use.flows
    if flows is None:
        return
    rule = use.rule
    for entries, side in ((rule.sources, "source"), (rule.destinations, "destination")):
        prefixes = [entry for entry in entries if isinstance(entry, AddressPrefix)]
        if len(entries) > 1:
            for prefix in prefixes:
                if not any(getattr(one, side) & prefix.addresses for one in flows):
                    yield _dead_entry(facts, use, prefix.text, prefix, {side: prefix.addresses})
    ports = [entry for entry in rule.destination_port_ranges if isinstance(entry, PortRange)]
    if len(rule.destination_port_ranges) > 1:
        for entry in ports:
            if not any(one.destination_port & entry.ports for one in flows):
                text = f"port {format_ports(entry.ports)}"
                yield _dead_entry(facts, use, text, entry, {"destination_port": entry.ports})


def _dead_entry(
    facts: Facts, use: RuleUse, text: str, entry: AddressPrefix | PortRange, stands_for: Mapping[str, Any]
) -> Finding:
    takers = _takers(use, FlowSet(**stands_for))
    opposed = [rule for rule in takers if rule.outcome != use.parts[0].rule.outcome]
    return report(
        facts,
        _PARTLY_SHADOWED,
        use.rule,
        f"{text} of {use.rule.name} never decides anything",
        at=entry.source,
        reason=_taken(takers, opposed),
        help="remove it from the list, or move the rule",
        related=related_rules(takers, "comes first"),
        detail=text,
        parts=OPPOSED if opposed else (),
        fixable=bool(takers) and not opposed,
    )


def _takers(use: RuleUse, part: FlowSet) -> tuple[FilterRule, ...]:
    """The rules that decide about the flows of a part of a rule before it is the rule's turn; none where that is too
    much to tell, or there are no such flows."""
    asked = tuple(common for one in use.parts if (reach := reach_of(one.rule.match)) and (common := reach & part))
    before = replace(use.layer, rules=use.layer.rules[: use.parts[0].position])
    try:
        return deciding(Chain((before,)), asked)
    except TooLarge:
        return ()


def _taken(takers: Sequence[FilterRule], opposed: Sequence[FilterRule]) -> str:
    if not takers:
        return "rules before it take every flow that it stands for"
    tail = f"; of these the opposite is done by {listed(map(label, opposed))}" if opposed else ""
    if len(takers) == len(opposed) == 1:
        tail = ", and does the opposite"
    return f"{labels(takers)} take{'s' if len(takers) == 1 else ''} every flow that it stands for{tail}"


def _correlated(facts: Facts, use: RuleUse, dead: frozenset[int]) -> Iterator[Finding]:
    for other in use.correlated:
        written = origin_of(other).rule
        if isinstance(written, SecurityRule) and not written.is_default and id(written) not in dead:
            common = next((c for one in use.asked if (c := one & reach_of(other.match))), None)
            if common is not None:
                yield report(
                    facts,
                    _CORRELATED,
                    use.rule,
                    f"{use.rule.name} and {written.name} contradict one another where they overlap",
                    reason=f"{label(use.parts[0].rule)} comes first, so it decides about {common}",
                    witness=str(example(common)),
                    help="write one of them without what they share",
                    related=related_rules((other,), "does the opposite"),
                    detail=written.name,
                )
