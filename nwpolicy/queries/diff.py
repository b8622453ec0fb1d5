"""What a change of definitions means: the flows that are newly allowed or denied, by which rules, before and after.

Every network interface, private endpoint and subnet is compared as a whole, all its filters together, and with nothing
if only one side has it; a network security group that is attached to nothing is compared by itself.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.origins import LayerKind, LayerOrigin
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.logic.changes import changed_outside
from nwpolicy.logic.diagrams import Order
from nwpolicy.logic.errors import EngineDisagreement, TooLarge, Undecided
from nwpolicy.logic.layers import flows_treated_otherwise
from nwpolicy.logic.renaming import unknowns_of
from nwpolicy.logic.views import describe
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.filters import Layer
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import Direction, NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries import proving
from nwpolicy.queries.answers import AssumptionUsed
from nwpolicy.queries.changed import change_answers
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.comparing import Found, Versions, versions_of
from nwpolicy.queries.definitions import may_differ
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, Difference, DiffVerdict, LonePlace, RenamedPlace
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.explain import all_premises
from nwpolicy.queries.lone import default_changes, default_of, versions_of_lone
from nwpolicy.queries.pairing import PlacePair, pair_places
from nwpolicy.queries.proving import Proof
from nwpolicy.queries.question import Question
from nwpolicy.queries.verify import place_answer, used_assumptions
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["assumptions_of", "attached_groups", "checked", "diff", "lone", "renamed"]

_BOTH: Final = (Direction.INBOUND, Direction.OUTBOUND)

#: With more changed sets of flows, proving the diagrams as a whole takes less than asking for other changes.
_FEW: Final = 32
_NOT_LISTED: Final = "`nwpolicy equivalent` finds one flow that fares otherwise, or that there is none"

T = TypeVar("T")


def diff(
    before: Input,
    after: Input,
    *,
    rules: bool = False,
    prove: bool = False,
    assume: Mapping[str, str] = MappingProxyType({}),
    unknowns: str | None = None,
) -> Difference:
    """What changes from one estate to another. `rules`: also where only the rule that decides is another one.
    `prove`: every decision diagram is proved with Z3. `unknowns`, `any` or `none`, says what counts, on each side by
    itself, where it depends. Raises InputError, QuestionError, TooLarge, Undecided."""
    old, new = loaded(before), loaded(after)
    assumptions = assumptions_of(assume)
    closing = None if unknowns is None else Closing(unknowns)
    if closing is not None and prove:
        message = "what is closed is not proved cell by cell"
        raise QuestionError(message, "leave out the proof, or what to count where it depends")
    diagnostics = (*checked(old), *checked(new))
    pairs = pair_places(old, new)
    comparer = _Comparer(old, new, assumptions, by_rule=rules, with_proof=prove, closing=closing)
    for pair in sorted(pairs.both, key=lambda pair: comparer.is_attached(pair.new)):
        comparer.compare(pair)
    for subject in pairs.gone:
        comparer.compare_with_nothing(subject, is_new=False)
    for subject in pairs.added:
        comparer.compare_with_nothing(subject, is_new=True)
    answers = change_answers(comparer.changes)
    alone = any(not comparer.is_attached(subject) for subject in (*pairs.gone, *pairs.added))
    return Difference(
        verdict=_verdict(answers, alone=alone),
        changes=answers,
        only_before=tuple(map(lone, pairs.gone)),
        only_after=tuple(map(lone, pairs.added)),
        by_default=default_changes(comparer.by_default),
        renamed=tuple(renamed(pair) for pair in pairs.both if pair.is_renamed),
        same=tuple(map(place_answer, comparer.same)),
        unreached=tuple(map(place_answer, comparer.unreached())),
        unknowns=_unique(comparer.unknowns),
        proof=comparer.proof,
        rests_on=_unique(comparer.rests_on()),
        assumptions=comparer.assumptions_used(),
        diagnostics=_unique(diagnostics),
    )


def assumptions_of(chosen: Mapping[str, str]) -> Assumptions:
    """The assumptions with these choices. Raises QuestionError."""
    try:
        return Assumptions.of(chosen)
    except ValueError as error:
        raise QuestionError(str(error), "`nwpolicy assumptions` lists the names and their choices") from None


def checked(snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """What is doubtful in the definitions. Raises InputError where Azure would not take them."""
    found = snapshot.derived(check_definitions)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    return (*snapshot.diagnostics, *found)


def lone(subject: Subject) -> LonePlace:
    return LonePlace(place_answer(subject), subject.source.location)


def renamed(pair: PlacePair) -> RenamedPlace:
    return RenamedPlace(place_answer(pair.old), place_answer(pair.new))


class _Comparer:
    """Compares places one by one and keeps what it finds."""

    def __init__(
        self,
        old: Snapshot,
        new: Snapshot,
        assumptions: Assumptions,
        *,
        by_rule: bool,
        with_proof: bool,
        closing: Closing | None,
    ) -> None:
        self.changes: list[tuple[Versions, Found]] = []
        self.by_default: list[tuple[Versions, str]] = []
        self.same: list[Subject] = []
        self.unknowns: list[str] = []
        self._asked: dict[object, Question] = {}
        self._orders: dict[object, Order] = {}
        self._treated: dict[object, tuple[object, tuple[FlowSet, ...] | None]] = {}
        self._snapshots = old, new
        self._assumptions = assumptions
        self._by_rule = by_rule
        self._closing = closing
        self.proof = Proof(0, 0.0) if with_proof else None
        self._attached = attached_groups(old) | attached_groups(new)
        self._changed_groups: list[Subject] = []
        self._reached: set[str] = set()
        self._may_differ = may_differ(old, new)

    def compare(self, pair: PlacePair) -> None:
        """Looks at what applies to a place, unless the definitions themselves tell that it is the same. Of groups that
        are attached it is only asked whether they could matter, after all that may show that they do."""
        if not self._may_differ(pair):
            if not self.is_attached(pair.new):
                self.same.append(pair.new)
            return
        if self.is_attached(pair.new) and self._is_reached(pair.new) and self.proof is None:
            return
        directions = _directions(pair.new)
        versions = versions_of(pair, *self._snapshots, self._assumptions, directions, self._closing)
        differing = []
        for one in versions:
            if not self.is_attached(pair.new):
                self.unknowns += one.taken_as_one
            if not one.is_identical:
                differing.append(one)
        found = [(one, change) for one in differing for change in self._changes(one)]
        if self.is_attached(pair.new) or self.is_attached(pair.old):
            self._changed_groups += [pair.new] if found else []
            return
        for one in differing:
            self._rest_on(one)
        self.changes += found
        self._reached.update(name for one, _ in found for name in _groups_of(one))
        if not found:
            self.same.append(pair.new)

    def compare_with_nothing(self, subject: Subject, *, is_new: bool) -> None:
        """Looks at what opens or closes with a place that only one side has. A group alone filters nothing."""
        if subject.kind is SubjectKind.NETWORK_SECURITY_GROUP:
            return
        snapshot, directions = self._snapshots[is_new], _directions(subject)
        for versions in versions_of_lone(
            snapshot, subject, self._assumptions, directions, self._closing, is_new=is_new
        ):
            found = [(one, default_of(versions, one)) for one in self._changes(versions)]
            told = [(versions, one) for one, default in found if default is None]
            self.by_default += [(versions, default) for _, default in found if default is not None]
            self.changes += told
            if told:
                self._rest_on(versions)

    def is_attached(self, subject: Subject) -> bool:
        """Whether it is a group whose meaning is that of the places that it is attached to."""
        return subject.kind is SubjectKind.NETWORK_SECURITY_GROUP and id(subject.nsg) in self._attached

    def unreached(self) -> Iterator[Subject]:
        """Groups that changed where that made no difference to any place that they are attached to."""
        return (subject for subject in self._changed_groups if not self._is_reached(subject))

    def _is_reached(self, group: Subject) -> bool:
        """Whether a place fares otherwise that the group filters."""
        return group.name.lower() in self._reached

    def _changes(self, versions: Versions) -> tuple[Found, ...]:
        if versions.says_the_same and not self._by_rule and self.proof is None:
            return ()
        if not self._by_rule and self.proof is None:
            versions.within = self._treated_otherwise(versions.changed_layer)
            if not versions.compared:
                return ()
        alike = versions.direction, *(layer.name for rules in versions.chains for layer in rules.layers)
        versions.order = self._orders.get(alike)
        try:
            found = versions.found(by_rule=self._by_rule)
        except TooLarge as error:
            place = f"{versions.pair.new.name}, {versions.direction.value.lower()}"
            raise TooLarge(error.limit, place, _NOT_LISTED) from None
        self._orders.setdefault(alike, versions.decisions[0].order)
        turned = tuple(flows for one in found if one.turns for flows in one.flows)
        if self._closing is None and (self.proof is not None or not turned):
            proof = _proof(versions, found, turned, by_rule=self._by_rule and self.proof is not None)
            self.proof = None if self.proof is None else self.proof + proof
        return found

    def _treated_otherwise(self, changed: tuple[Layer, Layer] | None) -> tuple[FlowSet, ...] | None:
        """The flows that the admin rules treat otherwise, which many places share."""
        if changed is None:
            return None
        key = tuple(map(id, changed))
        if key not in self._treated:
            self._treated[key] = changed, None
            with contextlib.suppress(Undecided):
                self._treated[key] = changed, flows_treated_otherwise(*changed)
        return self._treated[key][1]

    def _rest_on(self, versions: Versions) -> None:
        """Keeps what the comparison rests on: places with the same rules have the same premises."""
        for question in (versions.old, versions.new):
            filters = question.filter_chain
            known = self._asked.setdefault((question.direction, filters.chain, filters.rests_on), question)
            ends = zip(_ends(known), _ends(question), strict=True)
            source, destination = (one | other for one, other in ends)
            asked = replace(known.asked, source=source, destination=destination)
            self._asked[question.direction, filters.chain, filters.rests_on] = replace(known, asked=asked)

    def rests_on(self) -> Iterator[str]:
        """What computed names stood for, and how unknowns were closed."""
        questions = self._asked.values()
        if self._closing is not None and any(unknowns_of(question.filter_chain.chain) for question in questions):
            yield self._closing.note
        yield from (text for question in questions for text in all_premises(question))

    def assumptions_used(self) -> tuple[AssumptionUsed, ...]:
        found: dict[str, AssumptionUsed] = {}
        for question in self._asked.values():
            found |= {used.name: used for used in used_assumptions(question, found.keys())}
        return tuple(found.values())


def _directions(subject: Subject) -> tuple[Direction, ...]:
    """A private endpoint starts no flow."""
    return _BOTH[:1] if subject.kind is SubjectKind.PRIVATE_ENDPOINT else _BOTH


def _ends(question: Question) -> tuple[AddressSet, AddressSet]:
    return question.asked.source, question.asked.destination


def _proof(versions: Versions, found: tuple[Found, ...], turned: tuple[FlowSet, ...], *, by_rule: bool) -> Proof:
    """Z3 finds no verdict that changes but those that were found, and confirms what the diagrams say of the flows that
    were found. Where too much changed for that, or it counts which rule decides, it confirms both diagrams as a
    whole."""
    sides = tuple(zip(versions.chains, versions.decisions, strict=True))
    if not by_rule and len(turned) <= _FEW:
        start = time.perf_counter()
        flows = tuple(flows for one in found for flows in one.flows)
        with contextlib.suppress(Undecided):
            _confirm(versions, turned)
            confirmed = Proof(1, time.perf_counter() - start)
            parts = ((rules, decisions.restrict(flows)) for rules, decisions in sides)
            return confirmed + proving.prove(flows, parts) if flows else confirmed
    return proving.prove(versions.compared, sides)


def _confirm(versions: Versions, changed: tuple[FlowSet, ...]) -> None:
    """Z3 finds no other flow whose fate changes. Raises EngineDisagreement if it does."""
    example = changed_outside(*versions.chains, versions.compared, changed)
    if example is not None:
        old, new = (describe(rules, example.flow, example.assignment) for rules in versions.chains)
        message = f"the solver has {example.flow} fare otherwise than before, the diagrams have not"
        raise EngineDisagreement(message, f"before:\n{old}\nafter:\n{new}")


def attached_groups(snapshot: Snapshot) -> set[int]:
    """The identities of the groups that a network interface or a subnet of the input refers to."""
    holders: tuple[NetworkInterface | Subnet, ...] = (*snapshot.all(NetworkInterface), *snapshot.all(Subnet))
    references = (holder.network_security_group for holder in holders)
    return {
        id(group)
        for reference in references
        if isinstance(reference, Reference)
        for group in snapshot.find(NetworkSecurityGroup, reference)
    }


def _groups_of(versions: Versions) -> Iterator[str]:
    for rules in versions.chains:
        for layer in rules.layers:
            if isinstance(layer.origin, LayerOrigin) and layer.origin.kind in (LayerKind.SUBNET_NSG, LayerKind.NIC_NSG):
                yield layer.origin.name.lower()


def _verdict(changes: tuple[ChangeAnswer, ...], *, alone: bool) -> DiffVerdict:
    kinds = {change.kind for change in changes}
    if alone or kinds - {ChangeKind.MAY_CHANGE}:
        return DiffVerdict.CHANGED
    return DiffVerdict.MAY_CHANGE if kinds else DiffVerdict.SAME


def _unique(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
