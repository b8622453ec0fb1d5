"""Blocks: the turns of those with `count` or `for_each`, and their arguments, with what `dynamic` makes.

Source: HashiCorp, "Terraform language: The count Meta-Argument", "The for_each Meta-Argument", "dynamic Blocks".
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.terraform.access import entries
from nwpolicy.readers.terraform.declarations import Declared, source_of
from nwpolicy.readers.terraform.evaluation import reported, soft
from nwpolicy.readers.terraform.frames import Bound, Frame
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.values import EvaluationError, Open, SetOf, Undecided, Value, first_open, kind_of

__all__ = ["META", "Turn", "contents", "turns"]

#: Turns of one loop. Azure takes no more than 4096 rules in a group.
_MAX_TURNS: Final = 10_000
#: What any resource may have, and what says nothing about it.
META: Final = frozenset(
    {"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection", "timeouts"}
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a block's loop, in whose `frame` the block is evaluated. Where nobody knows the turns, one stands for
    all: `stands_for` is what they depend on, `condition` tells whether there is any, `is_only` that there are no more.
    """

    frame: Frame
    key: str = ""
    suffix: str = ""
    condition: Unknown | None = None
    stands_for: Open | None = None
    is_only: bool = False


def turns(declared: Declared, frame: Frame, address: str) -> list[Turn]:
    """The turns of a block; the only one of a block without a loop."""
    loop = declared.get("count") or declared.get("for_each")
    if loop is None:
        return [Turn(frame)]
    expand = _counted if loop.attribute.name == "count" else _keyed
    frame = frame.within(loop.document)
    try:
        return expand(loop.value, frame, address)
    except EvaluationError as error:
        whole = reported(error, loop.value, frame)
        assert isinstance(whole.data, Open)
        return [_any_key(whole.data, frame, whole.source)]


def _counted(tree: syntax.Expression, frame: Frame, address: str) -> list[Turn]:
    value = soft(tree, frame)
    match value.data:
        case Open():
            index = Value(Open(f"index in {address}", value.data.reason, value.data.source), value.source)
            bound = Bound(Value({"index": index}, value.source), f"any of {address}")
            switch = _switched(tree, frame)
            condition = switch or _condition(f"{value.data.name} > 0", value.data)
            return [Turn(frame.binding({"count": bound}), "", "[0]", condition, value.data, switch is not None)]
        case int() if not isinstance(value.data, bool) and value.data >= 0:
            if value.data > _MAX_TURNS:
                raise EvaluationError(f"makes more than {_MAX_TURNS} resources")
            return [_numbered(number, frame, value.source) for number in range(value.data)]
        case str() if value.data.isdecimal() and len(value.data) < 6:  # noqa: PLR2004 - beyond the limit anyway
            return [_numbered(number, frame, value.source) for number in range(int(value.data))]
        case _:
            raise EvaluationError(f"expected a whole number, found {kind_of(value)}")


def _numbered(number: int, frame: Frame, source: Source) -> Turn:
    bound = Bound(Value({"index": Value(number, source)}, source), f"count.index = {number}")
    return Turn(frame.binding({"count": bound}), str(number), f"[{number}]")


def _switched(tree: syntax.Expression, frame: Frame) -> Unknown | None:
    """`condition ? 1 : 0`: what decides whether the resource exists has a name of its own."""
    while isinstance(tree, syntax.Group):
        tree = tree.inner
    if not isinstance(tree, syntax.Conditional):
        return None
    cause = soft(tree.condition, frame).data
    branches = (soft(tree.then, frame).data, soft(tree.otherwise, frame).data)
    if not isinstance(cause, Open) or branches not in ((1, 0), (0, 1)):
        return None
    name = cause.name if branches == (1, 0) else f"not {cause.name}"
    return _condition(name, cause)


def _condition(name: str, cause: Open) -> Unknown:
    return replace(cause.unknown(UnknownKind.CONDITION), name=name)


def _keyed(tree: syntax.Expression, frame: Frame, _: str) -> list[Turn]:
    collection = soft(tree, frame)
    found = first_open([collection], deep=False)
    if found is not None:
        return [_any_key(found, frame, collection.source)]
    if isinstance(collection.data, tuple) and not isinstance(collection.data, SetOf) and collection.data:
        raise EvaluationError(f"expected a map or a set, found {kind_of(collection)}", help="write `toset(...)`")
    pairs = entries(collection)
    if len(pairs) > _MAX_TURNS:
        raise EvaluationError(f"makes more than {_MAX_TURNS} resources")
    return [_keyed_turn(key, value, frame) for key, value in pairs]


def _keyed_turn(key: Value, value: Value, frame: Frame) -> Turn:
    if isinstance(key.data, Open):
        text = key.data.placeholder
        condition = _condition(f"{key.data.name} is not empty", key.data) if key.data.many else None
    else:
        text, condition = str(key.data), None
    bound = Bound(Value({"key": key, "value": value}, key.source), f'each.key = "{text}"')
    return Turn(frame.binding({"each": bound}), text, f'["{text}"]', condition)


def _any_key(cause: Open, frame: Frame, source: Source) -> Turn:
    """One turn for all of a collection that is not known."""
    key = Value(Open(f"key of {cause.name}", cause.reason, cause.source, is_set=True), source)
    value = Value(Open(f"{cause.name}[*]", cause.reason, cause.source, is_named=cause.is_named), source)
    bound = Bound(Value({"key": key, "value": value}, source), f"any of {cause.name}")
    shown = "{key of " + cause.name.replace("/", "%2F") + "}"
    frame = frame.binding({"each": bound})
    return Turn(frame, shown, f'["{shown}"]', _condition(f"{cause.name} is not empty", cause), cause)


def contents(declared: Declared, frame: Frame, wanted: Container[str] | None = None) -> dict[str, Value]:
    """The arguments of a declaration, whatever file they stand in."""
    found: dict[str, Value] = {}
    for body, document in declared.contents:
        found |= _arguments(body, frame.within(document), wanted)
    return found


def _arguments(body: syntax.Body, frame: Frame, wanted: Container[str] | None = None) -> dict[str, Value]:
    """The arguments of a body, of blocks a list for each type; only those that are `wanted`."""
    found = {
        name: soft(attribute.value, frame)
        for name, attribute in body.attributes.items()
        if wanted is None or name in wanted
    }
    lists: dict[str, list[Value]] = {}
    for block in body.blocks:
        if block.type == "dynamic" and block.labels and (wanted is None or block.labels[0] in wanted):
            lists.setdefault(block.labels[0], []).extend(_dynamic(block, frame))
        elif block.type != "dynamic" and block.type not in META and (wanted is None or block.type in wanted):
            lists.setdefault(block.type, []).append(_block(block, frame))
    for name, elements in lists.items():
        found[name] = Value(tuple(elements), elements[0].source if elements else Source(frame.document, (0, 0)))
    return found


def _block(block: syntax.Block, frame: Frame) -> Value:
    return Value(_arguments(block.body, frame), source_of(block, frame.document))


def _dynamic(block: syntax.Block, frame: Frame) -> Iterator[Value]:
    """The blocks that a loop makes; an unknown in the place of those of which nobody knows how many there are."""
    collection, contents = block.body.attributes.get("for_each"), block.body.of_type("content")
    source = source_of(block, frame.document)
    if collection is None or len(contents) != 1:
        message = "a dynamic block needs 'for_each' and one 'content'"
        frame.module.reading.say(Severity.ERROR, "missing-field", message, source)
        return
    iterator = block.body.attributes.get("iterator")
    name = block.labels[0]
    if iterator is not None and isinstance(iterator.value, syntax.Name):
        name = iterator.value.text
    found = soft(collection.value, frame)
    try:
        pairs = entries(found)
    except Undecided:
        yield found
        return
    except EvaluationError as error:
        yield reported(error, collection.value, frame)
        return
    for key, value in pairs:
        if isinstance(value.data, Open) and value.data.many:
            yield value
        else:
            turn = f"{name}.key = {key.data.name if isinstance(key.data, Open) else key.data}"
            bound = {name: Bound(Value({"key": key, "value": value}, value.source), turn)}
            yield _block(contents[0], frame.binding(bound))
