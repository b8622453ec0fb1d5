"""What a template defines for its expressions: parameters, variables, functions of its author.

A parameter of the whole file has the value that a person gives, else its default, as in a deployment that gives none.
Whatever is left is unknown. Secure parameters are always unknown: their values must not appear in any report.

Source: Microsoft Learn, "Parameters in ARM templates", "Variables in ARM templates", "User-defined functions in ARM
templates".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from nwpolicy.model.source import Source
from nwpolicy.readers.arm.expressions import Call
from nwpolicy.readers.arm.frames import Bound, Frame, Passed, Scope
from nwpolicy.readers.arm.given import Limits, belonging, converted, domain_of, located, typed
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, find, first_open
from nwpolicy.readers.pins import Pin
from nwpolicy.readers.tree import Raw

if TYPE_CHECKING:
    from nwpolicy.readers.arm.evaluation import Evaluation

__all__ = ["call_own", "is_own", "once", "parameter", "variable"]

_SECURE: Final = frozenset({"securestring", "secureobject"})


def parameter(evaluation: Evaluation, name: str) -> Value:
    """`parameters('name')`"""
    arguments = evaluation.frame.arguments
    if arguments is not None:
        bound = arguments.get(name.lower())
        if bound is None:
            raise ExpressionError(f"the function has no parameter '{name}'")
        return bound.value
    scope = evaluation.frame.scope
    found = find(scope.section("parameters"), name)
    if found is None:
        raise ExpressionError(f"there is no parameter '{name}'", help=_meant(name, scope.section("parameters")))
    key, definition = found
    if not isinstance(definition, dict):
        definition = {}
    return once(scope, ("parameter", key), lambda: _parameter(evaluation, scope, key, definition))


def _parameter(evaluation: Evaluation, scope: Scope, name: str, definition: Mapping[str, Raw]) -> Value:
    if str(_attribute(scope, definition, "type")).lower() in _SECURE:
        return _withheld(scope, name, scope.source.at("parameters", name), f"parameter {name} is secure")
    if scope.passed is None:
        pin = scope.reading.given(name)
        value = None if pin is None else _given(scope, name, pin, definition)
    else:
        passed = find(scope.passed, name)
        value = None if passed is None else _passed(evaluation, scope, name, passed[1])
    return _left_out(evaluation, scope, name, definition) if value is None else value  # null lets the default stand


def _passed(evaluation: Evaluation, scope: Scope, name: str, passed: Passed) -> Value:
    """What a deployment gives."""
    given = evaluation.json(*passed)
    value = find(given, "value") if isinstance(given, dict) else None
    if value is None:
        return _missing(scope, name, passed.source, f"parameter {name} is given something that is not written here")
    return value[1]


def _given(scope: Scope, name: str, pin: Pin, definition: Mapping[str, Raw]) -> Value:
    """What a person gives."""
    pin = belonging(pin, scope.source.document.whole)
    if pin.withheld is not None:
        return _withheld(scope, name, pin.source, pin.withheld)
    limits = Limits(f"parameter {name}", lambda attribute: _attribute(scope, definition, attribute))
    value = typed(pin, str(limits.attribute("type")).lower())
    fault = limits.fault(value)
    if fault is None:
        return value
    scope.reading.error("invalid-parameter", fault, pin.source)
    return _withheld(scope, name, pin.source, fault)


def _left_out(evaluation: Evaluation, scope: Scope, name: str, definition: Mapping[str, Raw]) -> Value:
    """The value of a parameter that is given none."""
    source = scope.source.at("parameters", name)
    if scope.unread is not None:
        return _missing(scope, name, source, scope.unread)
    default = find(definition, "defaultValue")
    if default is not None:
        value = evaluation.json(default[1], source.at(default[0]), Frame(scope))
        return converted(value, str(_attribute(scope, definition, "type")).lower())
    nullable = _attribute(scope, definition, "nullable") is True
    if nullable and scope.passed is not None:
        return None
    allowed = _attribute(scope, definition, "allowedValues")
    if isinstance(allowed, list) and len(allowed) == 1 and not nullable:
        return located(allowed[0], source.at("allowedValues", 0))
    reason = "has no default" if scope.passed is None else "is given no value"
    missing = _missing(scope, name, source, f"parameter {name} {reason}")
    return replace(missing, domain=domain_of(lambda attribute: _attribute(scope, definition, attribute)))


def _withheld(scope: Scope, name: str, source: Source, reason: str) -> Open:
    """What stays unknown, whatever a person gives for it."""
    scope.reading.pins.withhold(scope.named(name), scope.reading.document.whole.path)
    return _missing(scope, name, source, reason)


def _missing(scope: Scope, name: str, source: Source, reason: str) -> Open:
    return Open(scope.named(name), reason, source, is_named=True, is_set=True)


def _attribute(scope: Scope, definition: Mapping[str, Raw], name: str) -> Raw:
    """An attribute of a parameter, or else of the type that it refers to."""
    seen: set[str] = set()
    while True:
        found = find(definition, name)
        if found is not None:
            return found[1]
        reference = definition.get("$ref")
        if not isinstance(reference, str) or reference in seen:
            return None
        seen.add(reference)
        target = scope.section("definitions").get(reference.rpartition("/")[2])
        if not isinstance(target, dict):
            return None
        definition = target


def variable(evaluation: Evaluation, name: str) -> Value:
    """`variables('name')`"""
    if evaluation.frame.arguments is not None:
        raise ExpressionError("a function of the template's author cannot use variables")
    scope = evaluation.frame.scope
    section = scope.section("variables")
    loops = section.get("copy")
    for index, loop in enumerate(loops if isinstance(loops, list) else ()):
        if isinstance(loop, dict) and "input" in loop and str(loop.get("name")).lower() == name.lower():
            return _copied(evaluation, scope, loop, scope.source.at("variables", "copy", index))
    found = find(section, name)
    if found is None or (found[1] is loops and isinstance(loops, list)):
        raise ExpressionError(f"there is no variable '{name}'", help=_meant(name, section))
    key, raw = found
    place = scope.source.at("variables", key)
    return once(scope, ("variable", key), lambda: _named(scope, key, evaluation.json(raw, place, Frame(scope))))


def _copied(evaluation: Evaluation, scope: Scope, loop: dict[str, Raw], place: Source) -> Value:
    name = str(loop["name"])
    return once(scope, ("variable", name), lambda: evaluation.copies(name, loop, place, Frame(scope)))


def _named(scope: Scope, name: str, value: Value) -> Value:
    """What is unknown and has no name yet has the variable's, unless a parameter is called the same."""
    if not isinstance(value, Open) or value.is_named or find(scope.section("parameters"), name) is not None:
        return value
    return replace(value, name=scope.named(name), is_named=True)


def once(scope: Scope, key: tuple[str, str], evaluate: Callable[[], Value]) -> Value:
    """Evaluates a definition the first time; one that needs itself has no value."""
    if key in scope.known:
        return scope.known[key]
    if key in scope.active:
        circle = [name for _, name in scope.active[scope.active.index(key) :]]
        raise ExpressionError(f"{key[0]} {key[1]} needs itself: {' → '.join((*circle, key[1]))}")
    scope.active.append(key)
    try:
        value = evaluate()
        first_open([value])
    finally:
        scope.active.pop()
    scope.known[key] = value
    return value


def is_own(name: str) -> bool:
    """Whether a function's name is that of one of the template's author: `namespace.name`."""
    return "." in name


def call_own(evaluation: Evaluation, call: Call) -> Value:
    """A call of a function that the template defines."""
    scope = evaluation.frame.scope
    definition, source = _own_function(scope, call.name)
    wanted = _own_parameters(definition)
    if len(wanted) != len(call.arguments):
        raise ExpressionError(f"takes {len(wanted)} arguments, not {len(call.arguments)}")
    arguments = {
        name.lower(): Bound(evaluation.value(tree), evaluation.written_here(tree))
        for name, tree in zip(wanted, call.arguments, strict=True)
    }
    key = ("function", call.name.lower())
    if key in scope.active:
        raise ExpressionError("calls itself")
    output = definition.get("output")
    if not isinstance(output, dict) or "value" not in output:
        raise ExpressionError("has no output")
    scope.active.append(key)
    try:
        return evaluation.json(output["value"], source.at("output", "value"), Frame(scope, arguments=arguments))
    finally:
        scope.active.pop()


def _own_function(scope: Scope, name: str) -> tuple[Mapping[str, Raw], Source]:
    namespace, _, member = name.partition(".")
    namespaces = scope.raw.get("functions")
    for index, entry in enumerate(namespaces if isinstance(namespaces, list) else ()):
        if isinstance(entry, dict) and str(entry.get("namespace")).lower() == namespace.lower():
            members = entry.get("members")
            found = find(members, member) if isinstance(members, dict) else None
            if found is not None and isinstance(found[1], dict):
                return found[1], scope.source.at("functions", index, "members", found[0])
    raise ExpressionError("there is no such function")


def _own_parameters(definition: Mapping[str, Raw]) -> list[str]:
    entries = definition.get("parameters")
    return [
        str(entry.get("name")) for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, dict)
    ]


def _meant(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(name, known, n=1)
    return f"did you mean '{found[0]}'?" if found else None
