"""Every asked flow with its fate, as a disjoint and complete list of products of sets."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from itertools import chain, islice
from math import prod
from typing import Final, TypeVar, Unpack

from nwpolicy.azure.origins import AnyRule, PlatformRule, origin_of
from nwpolicy.logic.boxes import boxes_of, flow_sets
from nwpolicy.logic.diagrams import Decisions, Fate, both, closed_decisions
from nwpolicy.model.addresses import ANY_IPV4, ANY_IPV6, Family
from nwpolicy.model.filters import Choice, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.queries import proving
from nwpolicy.queries.answers import RuleAnswer, VerdictName
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.cubes import Amount, Amounts, CubeAnswer, Enumeration, FateName, GroupAnswer
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.explain import all_premises, rule_answer
from nwpolicy.queries.naming import Names
from nwpolicy.queries.question import Ask, AskWords, Question, pose_path
from nwpolicy.queries.verify import asked_text_of, dependency_answer, end_name, place_answer, used_assumptions
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["enumerate", "enumerate_path"]

#: So many products are looked at together, so that what is one product but for its family, or for having ports, is
#: listed as one. A longer list is given out as it is found.
_TOGETHER: Final = 500

_FATES: Final = {True: FateName.ALLOW, False: FateName.DENY, None: FateName.DEPENDS}
_VERDICTS: Final = {
    frozenset({FateName.ALLOW}): VerdictName.ALLOW,
    frozenset({FateName.DENY}): VerdictName.DENY,
    frozenset({FateName.ALLOW, FateName.DENY}): VerdictName.MIXED,
}

T = TypeVar("T", bound=Hashable)


def enumerate(  # noqa: A001 - the name of the question
    estate: Input,
    *,
    select: str | None = None,
    by_rule: bool = False,
    prove: bool = False,
    unknowns: str | None = None,
    **ask: Unpack[AskWords],
) -> Enumeration:
    """Lists the flows of a question given as keywords of `Ask`. `select` is `Allow` or `Deny`: only those flows, and
    those whose fate depends on an unknown. `prove`: Z3 confirms the decision diagrams that the list comes from.
    `unknowns`, `any` or `none`, says what counts where it depends. Raises QuestionError, TooLarge, Undecided,
    ValueError for another `select` or `unknowns`."""
    chosen = None if select is None else FateName(select)
    closing = None if unknowns is None else Closing(unknowns)
    path = pose_path(loaded(estate), Ask(**ask))
    return enumerate_path(path, select=chosen, by_rule=by_rule, prove=prove, unknowns=closing)


def enumerate_path(
    questions: tuple[Question, ...],
    *,
    select: FateName | None = None,
    by_rule: bool = False,
    prove: bool = False,
    unknowns: Closing | None = None,
) -> Enumeration:
    """Lists the flows of one question, or of two that flows have to get through one after the other."""
    listing = _Listing(questions, by_rule=by_rule, closing=unknowns)
    listed = [group for group in listing.groups if select in (None, group.access) or group.access is FateName.DEPENDS]
    first, last = questions[0], questions[-1]
    accesses = [access for access in FateName if any(group.access is access for group in listing.groups)]
    return Enumeration(
        verdict=_VERDICTS.get(frozenset(accesses), VerdictName.DEPENDS),
        direction=first.direction.value if first is last else "Both",
        places=tuple(place_answer(question.subject) for question in questions),
        asked=listing.asked,
        asked_text=asked_text_of(first),
        source_name=end_name(first.source),
        destination_name=end_name(last.destination),
        select=select,
        by_rule=by_rule,
        totals=tuple((access, listing.total(access)) for access in accesses),
        groups=tuple(listing.answer(group) for group in listed),
        rests_on=_unique(fact for question in questions for fact in all_premises(question)),
        assumptions=_unique(used for question in questions for used in used_assumptions(question)),
        notes=_unique((*(note for question in questions for note in question.notes), *listing.notes)),
        diagnostics=_unique(found for question in questions for found in question.diagnostics),
        proof=proving.prove(listing.asked, listing.sides) if prove else None,
        names=listing.names,
        group_cubes=lambda index: listing.cubes(index, listed[index]),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Fates that are listed together."""

    access: FateName
    fates: tuple[Fate, ...]


class _Listing:
    """What becomes of the asked flows, in groups."""

    def __init__(self, questions: tuple[Question, ...], *, by_rule: bool, closing: Closing | None) -> None:
        self.asked = reduce(FlowSet.__and__, (question.asked for question in questions))
        if not self.asked:
            raise QuestionError("no flow is asked about")
        self.by_rule = by_rule
        chains = tuple(question.filter_chain.chain for question in questions)
        self.sides = tuple((rules, Decisions.of(rules, self.asked)) for rules in chains)
        self.decisions = reduce(both, (decisions for _, decisions in self.sides))
        self.notes: tuple[str, ...] = ()
        if closing is not None and self.decisions.count(lambda fate: fate.allowed is None):
            self.notes = (closing.note,)
            self.decisions = self._closed(closing)
        self.layers = tuple(layer for rules in chains for layer in rules.layers)
        self.assumptions = questions[0].assumptions
        self.names = Names.of(*questions)
        self.counts = _counts(self.decisions, self.asked)
        self.totals = {family: sum(of.values()) for family, of in self.counts.items()}
        self.groups = _groups(dict.fromkeys(chain.from_iterable(self.counts.values())), by_rule=by_rule)

    def _closed(self, closing: Closing) -> Decisions:
        if len(self.sides) > 1:
            message = "what depends on unknowns can be closed at one place only"
            raise QuestionError(message, "ask about one end, or give the unknowns values")
        ((rules, _),) = self.sides
        return closed_decisions(rules, self.asked, some=closing is Closing.ANY, order=self.decisions.order)

    def total(self, access: FateName) -> Amounts:
        return self.amounts(fate for group in self.groups if group.access is access for fate in group.fates)

    def amounts(self, fates: Iterable[Fate]) -> Amounts:
        """How many of the asked flows have these fates."""
        kept = tuple(fates)
        return self._shares({family: sum(of.get(fate, 0) for fate in kept) for family, of in self.counts.items()})

    def _shares(self, counts: Mapping[Family, int]) -> Amounts:
        amounts = {
            family: Amount(counts.get(family, 0), Fraction(counts.get(family, 0), total))
            for family, total in self.totals.items()
        }
        return Amounts(amounts.get(Family.IPV4), amounts.get(Family.IPV6))

    def answer(self, group: _Group) -> GroupAnswer:
        tells = self.by_rule or group.access is FateName.DEPENDS  # whoever asks for verdicts only has them
        unknowns = _unique(unknown for fate in group.fates if tells for unknown in fate.unknowns)
        return GroupAnswer(
            group.access,
            self._rule(group.fates[0]) if self.by_rule else None,
            tuple(dependency_answer(unknown) for unknown in unknowns),
            self.amounts(group.fates),
        )

    def _rule(self, fate: Fate) -> RuleAnswer | None:
        if fate.rule is None or fate.layer is None:
            return None
        outcome = fate.rule.outcome
        if isinstance(outcome, Choice):  # whatever it is, it comes to this
            outcome = Outcome.PASS if fate.allowed else Outcome.DENY
        return rule_answer(fate.rule, self.layers[fate.layer], outcome, self.assumptions)

    def cubes(self, index: int, group: _Group) -> Iterator[CubeAnswer]:
        fates = frozenset(group.fates)
        found = self.decisions.cubes(lambda fate: fate in fates, by_rule=False)
        for flows in _merged(cube.flows for cube in found):
            source = self.names.name(flows.source, flows.families)
            destination = self.names.name(flows.destination, flows.families)
            yield CubeAnswer(index, group.access, flows, source, destination, self._shares(_sizes(flows)))


def _counts(decisions: Decisions, asked: FlowSet) -> dict[Family, Mapping[Fate, int]]:
    """How many of the asked flows of each family have each fate."""
    if len(asked.families) == 1:
        return {asked.families[0]: decisions.counts()}
    return {family: decisions.restrict(_whole(family)).counts() for family in asked.families}


def _whole(family: Family) -> FlowSet:
    addresses = ANY_IPV4 if family is Family.IPV4 else ANY_IPV6
    return FlowSet(source=addresses, destination=addresses)


def _sizes(flows: FlowSet) -> dict[Family, int]:
    """How many flows of each family a product has."""
    sizes: dict[Family, int] = {}
    for box in boxes_of(flows):
        sizes[box.family] = sizes.get(box.family, 0) + prod(numbers.size for numbers in box.fields)
    return sizes


def _groups(fates: Iterable[Fate], *, by_rule: bool) -> tuple[_Group, ...]:
    """The fates in the order in which they are listed: what is allowed, denied, and open; by rule, in the order of
    the rules, what the platform does last."""
    groups: dict[Hashable, list[Fate]] = {}
    for fate in sorted(fates, key=_place):
        key = (fate.layer, id(_written(fate)), fate.unknowns) if by_rule else _open(fate)
        groups.setdefault((fate.allowed, key), []).append(fate)
    return tuple(_Group(_FATES[of[0].allowed], tuple(of)) for of in groups.values())


def _open(fate: Fate) -> Hashable:
    return fate.unknowns if fate.allowed is None else None


def _place(fate: Fate) -> tuple[int, bool, int, int, tuple[str, ...]]:
    access = list(FateName).index(_FATES[fate.allowed])
    platform = isinstance(_written(fate), PlatformRule)
    layer = -1 if fate.layer is None else fate.layer
    position = -1 if fate.position is None else fate.position
    return access, platform, layer, position, tuple(unknown.name for unknown in fate.unknowns)


def _written(fate: Fate) -> AnyRule | None:
    """The rule as it was written; what the logic tries at several places may be one."""
    return None if fate.rule is None else origin_of(fate.rule).rule


def _merged(found: Iterator[FlowSet]) -> Iterator[FlowSet]:
    """The same flows, as fewer products where the list is short."""
    head = list(islice(found, _TOGETHER + 1))
    if len(head) > _TOGETHER:
        yield from chain(head, found)
    else:
        yield from sorted(flow_sets(boxes_of(tuple(head))), key=_narrowness)


def _narrowness(flows: FlowSet) -> tuple[object, ...]:
    """Single protocols and ports first, in their order."""
    ports = flows.destination_port
    return flows.protocol.size, flows.protocol.intervals, ports.is_full, ports.intervals


def _unique(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
