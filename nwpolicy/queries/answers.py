"""The answers to questions: plain frozen data, with no solver and no file behind it.

Every class here is one object of the JSON that is documented by `schemas/verify.schema.json` and
`schemas/why.schema.json`; attribute names are the camelCase keys in snake_case.
"""

from __future__ import annotations

from enum import StrEnum

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation

__all__ = [
    "AskedFlows",
    "AssumptionUsed",
    "Dependency",
    "FlowExample",
    "LayerAnswer",
    "MissedField",
    "MissedRule",
    "PartAnswer",
    "PlaceAnswer",
    "RuleAnswer",
    "UnknownValueText",
    "VerdictName",
    "VerifyAnswer",
    "WhyAnswer",
    "WhyPart",
]


class VerdictName(StrEnum):
    """What happens to the asked flows: all of them allowed, all denied, some of each, or it depends on an unknown."""

    ALLOW = "Allow"
    DENY = "Deny"
    MIXED = "Mixed"
    DEPENDS = "Depends"


@dataclass(frozen=True, slots=True)
class PlaceAnswer:
    """Where the question was asked: `kind` is `networkInterface`, `networkSecurityGroup`, `privateEndpoint`, …"""

    kind: str
    name: str
    id: str | None


@dataclass(frozen=True, slots=True)
class AskedFlows:
    """A product of fields, each in compact text (`*` for any)."""

    protocol: str
    source: str
    source_port: str
    destination: str
    destination_port: str


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """A rule that settled a flow. `rule_name` is IP flow verify's name for it, `diagnostics_name` the one of NSG
    diagnostics and flow logs; both are None for what Azure does without a rule."""

    name: str
    rule_name: str | None
    diagnostics_name: str | None
    rule_id: str | None
    access: str
    priority: int | None
    layer: str
    location: SourceLocation | None
    statement: str | None = None
    """what Azure does, where no rule stands behind it"""


@dataclass(frozen=True, slots=True)
class UnknownValueText:
    """A value that an example gives to an unknown."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FlowExample:
    """One flow that shows something, and the rule that settles it. `text` is the whole flow in a line."""

    protocol: str
    source: str
    source_port: int | None
    destination: str
    destination_port: int | None
    text: str
    rule: RuleAnswer | None
    values: tuple[UnknownValueText, ...] = ()


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """The asked flows that one rule settles. `flows` are exact and disjoint; None where they were too many to list."""

    access: str
    rule: RuleAnswer | None
    flows: tuple[AskedFlows, ...] | None
    example: FlowExample


@dataclass(frozen=True, slots=True)
class Dependency:
    """An unknown that decides."""

    name: str
    kind: str
    reason: str
    location: SourceLocation | None


@dataclass(frozen=True, slots=True)
class AssumptionUsed:
    """A choice made where Azure's behaviour is not documented, used by this answer."""

    name: str
    choice: str
    statement: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What every answer says: the verdict first, then what it rests on."""

    verdict: VerdictName
    direction: str
    place: PlaceAnswer
    asked: AskedFlows
    asked_text: str
    """the asked flows in a line, in the words of the question"""
    source_name: str
    """the asked source in the words of the question"""
    destination_name: str
    depends_on: tuple[Dependency, ...]
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAnswer(Answer):
    """`access` and `rule_name` are IP flow verify's own answer; None where there is not one for all asked flows."""

    access: str | None
    rule_name: str | None
    rule_id: str | None
    rule: RuleAnswer | None
    allowed: FlowExample | None
    denied: FlowExample | None
    parts: tuple[PartAnswer, ...]
    parts_complete: bool


@dataclass(frozen=True, slots=True)
class MissedField:
    """A field on which a rule does not match: what the rule has there, and what was asked."""

    field: str
    rule_has: str
    asked: str


@dataclass(frozen=True, slots=True)
class MissedRule:
    """A rule that comes first, would have decided otherwise, and does not match. `failed` names the fields."""

    rule: RuleAnswer
    failed: tuple[MissedField, ...]


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """What one layer does to the flow: `outcome` is `deny`, `pass`, `accept` or `none` (no rule matches). A layer
    that is not `reached` tells what it would do."""

    name: str
    kind: str
    reached: bool
    outcome: str
    rule: RuleAnswer | None
    missed: tuple[MissedRule, ...]


@dataclass(frozen=True, slots=True)
class WhyPart:
    """The flows that one rule settles, layer by layer, explained on an example."""

    access: str
    flows: tuple[AskedFlows, ...] | None
    example: FlowExample
    layers: tuple[LayerAnswer, ...]


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """A change of one file. `replaced` is the text at `location` (empty: the new text is inserted there)."""

    description: str
    location: SourceLocation | None
    replaced: str
    text: str | None
    """None where the change cannot be written into the file as it stands"""


@dataclass(frozen=True, slots=True)
class FixAnswer:
    """The least change that turns the verdict of the asked flows. `proved`: the solver found no other flow whose fate
    changes; else `side_effects` are examples of flows that change too."""

    wanted: str
    edits: tuple[EditAnswer, ...]
    proved: bool
    side_effects: tuple[FlowExample, ...]
    opens: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyAnswer(Answer):
    """Why the asked flows fare as they do. `fix` is None where none was needed; `no_fix` says why none was found."""

    parts: tuple[WhyPart, ...]
    parts_complete: bool
    fix: FixAnswer | None
    no_fix: str | None
