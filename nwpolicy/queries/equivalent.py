"""Whether two versions of definitions treat every flow alike. Z3 decides; the decision diagrams have to agree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nwpolicy.azure.subjects import Subject, SubjectError, find_subject
from nwpolicy.logic import changes
from nwpolicy.logic.errors import EngineDisagreement, TooLarge
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.views import Example, describe
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.changewitness import witness_of
from nwpolicy.queries.comparing import Versions, versions_of
from nwpolicy.queries.diff import assumptions_of, attached_groups, checked, lone, renamed
from nwpolicy.queries.differences import EquivalenceAnswer, SideAnswer
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.explain import deciding_rule
from nwpolicy.queries.pairing import PlacePair, PlacePairs, pair_places
from nwpolicy.queries.question import Question
from nwpolicy.queries.verify import place_answer
from nwpolicy.readers.inputs import Input, loaded

__all__ = ["equivalent"]


def equivalent(
    before: Input,
    after: Input,
    *,
    nic: str | None = None,
    nsg: str | None = None,
    subnet: str | None = None,
    assume: Mapping[str, str] = MappingProxyType({}),
) -> EquivalenceAnswer:
    """Whether all flows fare alike at one place of both, or at every place. Raises InputError, QuestionError,
    Undecided."""
    old, new = loaded(before), loaded(after)
    assumptions = assumptions_of(assume)
    diagnostics = tuple(dict.fromkeys((*checked(old), *checked(new))))
    given = {name: value for name, value in (("nic", nic), ("nsg", nsg), ("subnet", subnet)) if value is not None}
    pairs = _named(old, new, given) if given else pair_places(old, new)
    gone, added = (_counting(old, pairs.gone), _counting(new, pairs.added))
    found: tuple[Versions, Example] | None = None
    both = pairs.both if given else tuple(pair for pair in pairs.both if not _is_attached(old, new, pair))
    for pair in both:
        for versions in versions_of(pair, old, new, assumptions, tuple(Direction)):
            example = None if versions.is_identical else _difference(versions)
            if example is not None and found is None:
                found = versions, example
    return EquivalenceAnswer(
        equivalent=found is None and not gone and not added,
        places=tuple(place_answer(pair.new) for pair in both),
        renamed=tuple(renamed(pair) for pair in both if pair.is_renamed),
        place=place_answer(found[0].pair.new) if found else None,
        direction=found[0].direction.value if found else None,
        witness=witness_of(found[1].flow, found[1].assignment) if found else None,
        before=_side(found[0].old, found[1]) if found else None,
        after=_side(found[0].new, found[1]) if found else None,
        only_before=tuple(map(lone, gone)),
        only_after=tuple(map(lone, added)),
        diagnostics=diagnostics,
    )


def _named(old: Snapshot, new: Snapshot, given: Mapping[str, str]) -> PlacePairs:
    if len(given) > 1:
        raise QuestionError(f"more than one place is given: {', '.join(given)}", "give one of them")
    try:
        return PlacePairs((PlacePair(find_subject(old, **given), find_subject(new, **given)),), (), ())
    except SubjectError as error:
        names = ", ".join(error.candidates)
        raise QuestionError(str(error), f"known here: {names}" if names else None) from None


def _counting(snapshot: Snapshot, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """The places that have a meaning of their own: not the groups that are attached to another place."""
    attached = attached_groups(snapshot)
    return tuple(subject for subject in subjects if subject.nsg is None or id(subject.nsg) not in attached)


def _is_attached(old: Snapshot, new: Snapshot, pair: PlacePair) -> bool:
    """Whether it is a group whose meaning is that of the places that it is attached to."""
    sides = ((old, pair.old), (new, pair.new))
    return any(side.nsg is not None and id(side.nsg) in attached_groups(snapshot) for snapshot, side in sides)


def _difference(versions: Versions) -> Example | None:
    """A flow that fares otherwise. Raises EngineDisagreement where the diagrams, if they are not too large, know
    better."""
    example = changes.equivalent(*versions.chains, versions.asked)
    try:
        certain = [one for one in versions.found(by_rule=False) if one.example is None]
    except TooLarge:
        return example
    if example is None and certain:
        flows = ", ".join(str(flows) for one in certain for flows in one.flows[:1])
        reproducer = "\n".join(str(rules) for rules in versions.chains)
        raise EngineDisagreement(f"the solver finds no change, the diagrams have {flows} changed", reproducer)
    if example is not None and not certain and not example.assignment:
        old, new = (describe(rules, example.flow) for rules in versions.chains)
        raise EngineDisagreement(f"the solver has {example.flow} changed, the diagrams have not", f"{old}\n{new}")
    return example


def _side(question: Question, example: Example) -> SideAnswer:
    chain = question.filter_chain.chain
    trace = evaluate(chain, example.flow, example.assignment)
    rule = deciding_rule(chain, trace.decisive, question.assumptions)
    return SideAnswer("Allow" if trace.allowed else "Deny", rule)
