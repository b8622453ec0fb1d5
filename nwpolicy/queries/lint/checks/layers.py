"""Rules that never decide because of other layers: admin rules, or the other network security group on the way.

Sources: Microsoft Learn, Security admin rules in Azure Virtual Network Manager; How network security groups filter
network traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nwpolicy.azure.origins import LayerKind, PlatformRule, layer_kind, origin_of
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.filters import Chain, FilterRule, Outcome
from nwpolicy.model.rules import Access, AdminRule, SecurityRule
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.checks.targets import written_rule
from nwpolicy.queries.lint.facts import Facts, Meeting
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.reporting import OPPOSED, labels, listed, related_rules, report
from nwpolicy.queries.lint.uses import RuleUse, deciding, example, passes

__all__ = ["check_admin_allows", "check_layers"]


def check_layers(facts: Facts) -> Iterator[Finding]:
    """Rules of network security groups that are of use by themselves, and of none anywhere they are attached."""
    for use in facts.group_uses:
        if not use.is_shadowed and all(facts.is_reached(one, use) is False for one in facts.meetings(use.rule)):
            met = list(facts.meetings(use.rule))
            yield from _finding(facts, use, met) if met else ()


def _finding(facts: Facts, use: RuleUse, met: list[Meeting]) -> Iterator[Finding]:
    shown = met[0]
    try:
        before = deciding(Chain(shown.chain.layers[: shown.layer]), use.asked)
    except TooLarge as large:
        facts.undecided[f"what {use.rule.name} does: {large}"] = None
        return
    settling = (rule for rule in before if rule.outcome in (Outcome.DENY, Outcome.ACCEPT))
    stopping = tuple(rule for rule in settling if not isinstance(origin_of(rule).rule, PlatformRule))
    if not stopping:
        return
    kinds = {origin_of(rule).layer.kind for rule in stopping}
    if kinds == {LayerKind.ADMIN_RULES}:
        yield _by_admin_rules(facts, use, stopping, met)
    elif use.rule.access is Access.ALLOW:
        yield _by_other_group(facts, use, stopping, met)


def _by_admin_rules(facts: Facts, use: RuleUse, stopping: tuple[FilterRule, ...], met: list[Meeting]) -> Finding:
    """What admin rules settle alike is no harm."""
    allows = use.rule.access is Access.ALLOW
    opposed = any((rule.outcome is Outcome.DENY) is allows for rule in stopping)
    return report(
        facts,
        "NWP001",
        use.rule,
        f"{use.rule.name} never {'allows' if allows else 'denies'} anything where it is attached",
        severity=CATALOGUE["NWP001"].severity if opposed else Severity.NOTE,
        reason=f"admin rule {labels(stopping)} settles all that it matches before it is asked, at {_places(met)}",
        witness=str(example(use.asked[0])),
        help="remove it" if not opposed else "remove it, or ask for an exception among the admin rules",
        parts=OPPOSED if opposed else (),
        related=related_rules(stopping, "comes first"),
    )


def _by_other_group(facts: Facts, use: RuleUse, stopping: tuple[FilterRule, ...], met: list[Meeting]) -> Finding:
    group = origin_of(stopping[-1]).layer.name
    return report(
        facts,
        "NWP303",
        use.rule,
        f"{use.rule.name} allows nothing, because {group} denies all of it before",
        reason=f"{labels(stopping)} denies what it matches, at {_places(met)}",
        witness=str(example(use.asked[0])),
        help=f"allow it in {group} too, or remove the rule",
        related=related_rules(stopping, "denies it"),
    )


def _places(met: list[Meeting]) -> str:
    return listed(dict.fromkeys(meeting.place.name for meeting in met))


# --- admin rules that allow what groups deny ---


def check_admin_allows(facts: Facts) -> Iterator[Finding]:
    for use in facts.admin_uses:
        rule = use.rule
        if isinstance(rule, AdminRule) and rule.access is Access.ALLOW and not use.is_shadowed:
            denying: list[tuple[FilterRule, ...]] = []
            try:
                for meeting in facts.meetings(rule):
                    denying.append(_all_denied_by(meeting, use))
                    if not denying[-1]:
                        break
            except TooLarge as large:
                facts.undecided[f"what {rule.name} does: {large}"] = None
                continue
            if denying and denying[-1]:
                yield _useless_allow(facts, use, denying[0], list(facts.meetings(rule)))


def _all_denied_by(meeting: Meeting, use: RuleUse) -> tuple[FilterRule, ...]:
    """The rules of groups that deny all that an admin rule lets on; none unless they do. Where only default rules deny
    it, nobody has said no: then it counts if the admin rule is no exception from others, which it might be in order to
    leave the decision to the groups."""
    behind = Chain(meeting.chain.layers[meeting.layer + 1 :])
    if any(passes(behind.layers, example(flows)) for flows in use.asked):
        return ()
    decisions = Decisions.of(behind, use.asked)
    fates = tuple(decisions.counts())
    if not fates or any(fate.allowed is not False for fate in fates):
        return ()
    rules = tuple(fate.rule for fate in fates if fate.rule is not None)
    groups = all(layer_kind(layer) is not LayerKind.ADMIN_RULES for layer in behind.layers)
    if not groups or not all(isinstance(origin_of(rule).rule, SecurityRule) for rule in rules):
        return ()
    return rules if all(written_rule(rule) for rule in rules) or not _is_exception(meeting, use) else ()


def _is_exception(meeting: Meeting, use: RuleUse) -> bool:
    """Whether admin rules behind it would deny or deliver some of what it lets on."""
    layer = meeting.chain.layers[meeting.layer]
    behind = replace(layer, rules=layer.rules[min(meeting.positions) + 1 :])
    return any(rule.outcome is not Outcome.PASS for rule in deciding(Chain((behind,)), use.asked))


def _useless_allow(facts: Facts, use: RuleUse, denying: tuple[FilterRule, ...], met: list[Meeting]) -> Finding:
    rule = use.rule
    return report(
        facts,
        "NWP601",
        rule,
        f"{rule.name} allows nothing, because network security groups deny all of it",
        at=rule.field_source("access", "name"),
        reason=f"{labels(denying)} denies what it lets on, at {_places(met)}",
        witness=str(example(use.asked[0])),
        help="say AlwaysAllow, if it is to be delivered whatever groups say",
        related=related_rules(denying, "denies it"),
    )
