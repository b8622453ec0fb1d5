"""Expressions to values.

Source: HashiCorp, "Terraform language: Expressions", "HCL Native Syntax Specification", Expression Semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.readers.terraform.access import entries, member
from nwpolicy.readers.terraform.declarations import source_of
from nwpolicy.readers.terraform.frames import Bound, Frame
from nwpolicy.readers.terraform.functions import FUNCTIONS
from nwpolicy.readers.terraform.functions.conversions import tobool, tostring
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.naming import left_open, named
from nwpolicy.readers.terraform.operators import OPERATORS, negated
from nwpolicy.readers.terraform.values import (
    MAX_SIZE,
    EvaluationError,
    Open,
    Undecided,
    UndeclaredError,
    Value,
    countable,
    first_open,
    same,
    size_of,
    text_of,
)

__all__ = ["evaluated", "reported", "soft"]

Tree = syntax.Expression

#: Functions whose values nobody can know before the configuration is applied, or that depend on where it is.
_APPLIED: Final = frozenset({"abspath", "bcrypt", "pathexpand", "plantimestamp", "rsadecrypt", "timestamp", "uuid"})
#: Functions whose values say nothing about traffic.
_OTHER: Final = frozenset(
    {
        "base64gzip",
        "ephemeralasnull",
        "filebase64sha256",
        "filebase64sha512",
        "filemd5",
        "filesha1",
        "filesha256",
        "filesha512",
        "formatdate",
        "textdecodebase64",
        "textencodebase64",
        "timeadd",
        "timecmp",
    }
)
#: To look at a value takes less time than to work one out.
_VALUES_PER_STEP: Final = 16


def soft(tree: Tree, frame: Frame) -> Value:
    """The value of an expression; one that cannot be worked out is reported and unknown."""
    try:
        value = evaluated(tree, frame)
        frame.module.reading.spend(size_of(value) // _VALUES_PER_STEP)
    except EvaluationError as error:
        return reported(error, tree, frame)
    return value


def reported(error: EvaluationError, tree: Tree, frame: Frame) -> Value:
    """The unknown value of an expression that cannot be worked out with the values that are given; with others, it
    might."""
    source = replace(source_of(tree, frame.document), route=error.offsets or (tree.start, tree.end))
    severity = Severity.ERROR if isinstance(error, UndeclaredError) else Severity.WARNING
    frame.module.reading.say(severity, "bad-expression", error.message, source, error.help)
    return Value(Open(named(tree, frame), error.message, source), source_of(tree, frame.document))


def evaluated(tree: Tree, frame: Frame) -> Value:
    """The value of an expression. Raises EvaluationError."""
    frame.module.reading.spend()
    try:
        return _EVALUATE[type(tree)](tree, frame)
    except Undecided as undecided:
        return Value(left_open(tree, frame, undecided.cause, undecided.text), source_of(tree, frame.document))
    except EvaluationError as error:
        if error.offsets is None:
            error.offsets = (tree.start, tree.end)
        raise


# Literals and containers


def _literal(tree: syntax.Literal, frame: Frame) -> Value:
    return Value(tree.value, source_of(tree, frame.document))


def _array(tree: syntax.Array, frame: Frame) -> Value:
    return Value(tuple(evaluated(element, frame) for element in tree.elements), source_of(tree, frame.document))


def _object(tree: syntax.Object, frame: Frame) -> Value:
    members: dict[str, Value] = {}
    for item in tree.items:
        value = evaluated(item.value, frame)
        own = source_of(item.value, frame.document)
        if value.source == own:
            route = (item.key.start, item.key.end, *own.route)
            value = Value(value.data, replace(own, route=route))
        members[_item_key(item.key, frame)] = value
    return Value(members, source_of(tree, frame.document))


def _item_key(key: Tree, frame: Frame) -> str:
    return key.text if isinstance(key, syntax.Name) else text_of(evaluated(key, frame))


def _template(tree: syntax.Template, frame: Frame) -> Value:
    if len(tree.parts) == 1 and not isinstance(tree.parts[0], str | syntax.Choice | syntax.Repetition):
        return evaluated(tree.parts[0], frame)
    return Value(_joined(tree.parts, frame), source_of(tree, frame.document))


def _joined(parts: tuple[syntax.Part, ...], frame: Frame) -> str:
    """The text of a template. Raises Undecided, with placeholders for what is not known."""
    texts: list[str] = []
    cause: Open | None = None
    for part in parts:
        try:
            texts.append(_part(part, frame))
        except Undecided as undecided:
            cause = cause or undecided.cause
            texts.append(undecided.text)
    text = "".join(texts)
    if len(text) > MAX_SIZE:
        raise EvaluationError("the text is too long")
    if cause is not None:
        raise Undecided(cause, text)
    return text


def _part(part: syntax.Part, frame: Frame) -> str:
    match part:
        case str():
            return part
        case syntax.Choice():
            return _joined(part.then if _decided(part.condition, frame) else part.otherwise, frame)
        case syntax.Repetition():
            collection = evaluated(part.collection, frame)
            turns = (_turn(part.key, part.value, key, value) for key, value in entries(collection))
            return "".join(_joined(part.parts, frame.binding(turn)) for turn in turns)
        case _:
            value = evaluated(part, frame)
            found = first_open([value])
            if found is not None:
                raise Undecided(found, found.placeholder if isinstance(value.data, Open) else "{" + found.name + "}")
            return text_of(value)


# References


def _reference(tree: syntax.Name | syntax.Member | syntax.Index, frame: Frame) -> Value:
    """A reference from its first name on: that name alone means nothing."""
    steps: list[syntax.Member | syntax.Index] = []
    root: Tree = tree
    while isinstance(root, syntax.Member | syntax.Index):
        steps.append(root)
        root = root.target
    steps.reverse()
    if isinstance(root, syntax.Name):
        names = _leading(steps)
        value, taken = _found(root, names, frame)
    else:
        value, taken = evaluated(root, frame), 0
    for step in steps[taken:]:
        value = _stepped(value, step, frame)
    return Value(value.data, source_of(tree, frame.document)) if isinstance(value.data, Open) else value


def _leading(steps: list[syntax.Member | syntax.Index]) -> tuple[str, ...]:
    names: list[str] = []
    for step in steps:
        if not isinstance(step, syntax.Member):
            break
        names.append(step.name)
    return tuple(names)


def _found(root: syntax.Name, names: tuple[str, ...], frame: Frame) -> tuple[Value, int]:
    """What a first name means together with the names behind it, and how many of these were needed."""
    bound = frame.names.get(root.text)
    if bound is not None:
        return bound.value, 0
    return frame.module.find(root.text, names, source_of(root, frame.document))


def _stepped(value: Value, step: syntax.Member | syntax.Index, frame: Frame) -> Value:
    if isinstance(step, syntax.Member):
        key = Value(step.name, source_of(step, frame.document))
    else:
        key = evaluated(step.key, frame)
    try:
        return member(value, key)
    except Undecided as undecided:
        return Value(left_open(step, frame, undecided.cause), source_of(step, frame.document))
    except EvaluationError as error:
        error.offsets = error.offsets or (step.start, step.end)
        raise


def _splat(tree: syntax.Splat, frame: Frame) -> Value:
    target = evaluated(tree.target, frame)
    if target.data is None:
        return Value((), source_of(tree, frame.document))
    if isinstance(target.data, Open):
        raise Undecided(target.data)
    elements = target.data if isinstance(target.data, tuple) else (target,)
    found = [
        evaluated(tree.each, frame.binding({"*": Bound(element, f"#{number}")}))
        for number, element in enumerate(elements)
    ]
    return Value(tuple(found), source_of(tree, frame.document))


# Loops and conditions


def _turn(key_name: str | None, value_name: str, key: Value, value: Value) -> dict[str, Bound]:
    turn = f"{value_name} = {_shown_key(key)}"
    names = {value_name: Bound(value, turn)}
    return names if key_name is None else {key_name: Bound(key, f"{key_name} = {_shown_key(key)}"), **names}


def _shown_key(key: Value) -> str:
    return (
        key.data.name if isinstance(key.data, Open) else repr(key.data) if not isinstance(key.data, str) else key.data
    )


def _for(tree: syntax.For, frame: Frame) -> Value:
    collection = evaluated(tree.collection, frame)
    source = source_of(tree, frame.document)
    turns = [(value, frame.binding(_turn(tree.key, tree.value, key, value))) for key, value in entries(collection)]
    if tree.new_key is None:
        return Value(tuple(found for value, turn in turns for found in _results(tree, value, turn)), source)
    groups: dict[str, list[Value]] = {}
    for value, turn in turns:
        if isinstance(value.data, Open) and value.data.many:
            raise Undecided(value.data)
        if tree.condition is None or _decided(tree.condition, turn):
            key = text_of(evaluated(tree.new_key, turn))
            if key in groups and not tree.grouped:
                raise EvaluationError(f"two results have the key {key!r}", help="add '...' to collect them in lists")
            groups.setdefault(key, []).append(evaluated(tree.result, turn))
    if tree.grouped:
        return Value({key: Value(tuple(found), source) for key, found in groups.items()}, source)
    return Value({key: found[0] for key, found in groups.items()}, source)


def _results(tree: syntax.For, value: Value, turn: Frame) -> Iterator[Value]:
    """What one turn adds to a list: nothing, one element, or an unknown that stands for either or for many."""
    is_many = isinstance(value.data, Open) and value.data.many
    try:
        is_in = tree.condition is None or _decided(tree.condition, turn)
    except Undecided as undecided:
        yield _any_number(tree, turn, undecided.cause)
        return
    if not is_in:
        return
    found = evaluated(tree.result, turn)
    yield _any_number(tree, turn, first_open([value])) if is_many else found


def _any_number(tree: syntax.For, turn: Frame, cause: Open | None) -> Value:
    whole = left_open(tree.result, turn, cause)
    return Value(replace(whole, many=True), source_of(tree.result, turn.document))


def _decided(tree: Tree, frame: Frame) -> bool:
    found = tobool(evaluated(tree, frame)).data
    if isinstance(found, Open):
        raise Undecided(found)
    if found is None:
        raise EvaluationError("expected true or false, found null", (tree.start, tree.end))
    return found is True


def _conditional(tree: syntax.Conditional, frame: Frame) -> Value:
    try:
        chosen, other = (tree.then, tree.otherwise)
        if not _decided(tree.condition, frame):
            chosen, other = other, chosen
        return _like(evaluated(chosen, frame), other)
    except Undecided as undecided:
        then, otherwise = (_maybe(branch, frame) for branch in (tree.then, tree.otherwise))
        if then is not None and otherwise is not None and same(then, otherwise):
            return then
        raise Undecided(undecided.cause) from None


def _like(value: Value, other: Tree) -> Value:
    """Both branches have one type: beside a string, a number or a boolean is one too."""
    is_text = isinstance(other, syntax.Template) or (isinstance(other, syntax.Literal) and isinstance(other.value, str))
    return tostring(value) if is_text and isinstance(value.data, bool | int | float) else value


def _maybe(tree: Tree, frame: Frame) -> Value | None:
    """The value of a branch that may not be taken: what is wrong in it may never matter."""
    try:
        return evaluated(tree, frame)
    except EvaluationError:
        return None


# Operators and functions


def _unary(tree: syntax.Unary, frame: Frame) -> Value:
    return Value(negated(tree.operator, evaluated(tree.operand, frame)), source_of(tree, frame.document))


def _binary(tree: syntax.Binary, frame: Frame) -> Value:
    left, right = evaluated(tree.left, frame), evaluated(tree.right, frame)
    return Value(OPERATORS[tree.operator](left, right), source_of(tree, frame.document))


def _call(tree: syntax.Call, frame: Frame) -> Value:
    if tree.name in ("try", "can"):
        return _tried(tree, frame)
    if tree.name in _APPLIED or tree.name in _OTHER:
        raise Undecided
    own = frame.module.function(tree.name)
    apply: Callable[..., Value] | None = own or FUNCTIONS.get(tree.name)
    if apply is None:
        message = f"the function {tree.name} is not supported, its value is taken as unknown"
        source = source_of(tree, frame.document)
        frame.module.reading.say(Severity.NOTE, "unsupported-function", message, source)
        raise Undecided(Open(named(tree, frame), f"the function {tree.name} is not supported", source))
    arguments = [evaluated(argument, frame) for argument in tree.arguments]
    if tree.expands and arguments:
        arguments = [*arguments[:-1], *countable(arguments[-1])]
    try:
        return apply(arguments, source_of(tree, frame.document))
    except EvaluationError as error:
        if error.offsets is None:
            error.message, error.offsets = f"{tree.name}: {error.message}", (tree.start, tree.end)
        raise


def _tried(tree: syntax.Call, frame: Frame) -> Value:
    """`try` has the first argument that has a value, `can` tells whether its argument has one; an unknown may turn out
    to have none."""
    source = source_of(tree, frame.document)
    for argument in tree.arguments:
        try:
            found = evaluated(argument, frame)
        except EvaluationError:
            continue
        if isinstance(found.data, Open) and not found.data.is_set and not _surely_has(argument):
            raise Undecided(found.data)
        return Value(True, source) if tree.name == "can" else found
    if tree.name == "can":
        return Value(False, source)
    raise EvaluationError("none of the arguments has a value")


def _surely_has(tree: Tree) -> bool:
    """Whether an expression has a value whatever its unknowns are: a mere variable or attribute of a resource."""
    return isinstance(tree, syntax.Member) and isinstance(tree.target, syntax.Name)


_EVALUATE: Final[Mapping[type[Any], Callable[[Any, Frame], Value]]] = {
    syntax.Array: _array,
    syntax.Binary: _binary,
    syntax.Call: _call,
    syntax.Conditional: _conditional,
    syntax.For: _for,
    syntax.Group: lambda tree, frame: evaluated(tree.inner, frame),
    syntax.Index: _reference,
    syntax.Literal: _literal,
    syntax.Member: _reference,
    syntax.Name: _reference,
    syntax.Object: _object,
    syntax.Splat: _splat,
    syntax.Template: _template,
    syntax.Unary: _unary,
}
