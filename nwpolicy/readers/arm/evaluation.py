"""From JSON with expressions to values.

`evaluated` takes a piece of a template as it stands there. A string that is an expression becomes its value; one that
cannot be evaluated is reported at its place and becomes unknown. Variables and parameters are evaluated when they are
first asked for.

Source: Microsoft Learn, "Syntax and expressions in ARM templates", "Property iteration in ARM templates".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nwpolicy.model.source import Source
from nwpolicy.readers.arm.contextual import CONTEXTUAL, is_external
from nwpolicy.readers.arm.expressions import (
    Access,
    Call,
    Expression,
    Number,
    Step,
    SyntaxFault,
    Text,
    expression_text,
    literal_text,
    parse,
)
from nwpolicy.readers.arm.frames import Frame
from nwpolicy.readers.arm.functions import FUNCTIONS, Undecided, member
from nwpolicy.readers.arm.given import belonging, typed
from nwpolicy.readers.arm.lookups import call_own, is_own
from nwpolicy.readers.arm.values import MAX_SIZE, Array, ExpressionError, Object, Open, Value, first_open, kind_of
from nwpolicy.readers.tree import Raw

__all__ = ["MAX_COPIES", "Evaluation", "copies", "evaluated", "evaluated_text"]

#: Copies made by one loop. Azure Resource Manager itself stops at 800.
MAX_COPIES: Final = 10_000
#: Elements or characters that a function makes with as much work as a step.
_A_STEP: Final = 16


def evaluated(raw: Raw, source: Source, frame: Frame) -> Value:
    """The value of a piece of a template."""
    match raw:
        case str():
            return evaluated_text(raw, source, frame)
        case dict():
            return _object(raw, source, frame)
        case list():
            elements = (evaluated(element, source.at(index), frame) for index, element in enumerate(raw))
            return Array(elements, source)
        case _:
            return raw


def evaluated_text(text: str, source: Source, frame: Frame) -> Value:
    """The value of a string; where it is an array, its elements no longer stand where they were written."""
    if not expression_text(text):
        return literal_text(text)
    reading = frame.reading
    help = None
    try:
        tree = reading.parsed.get(text)
        if tree is None:
            tree = reading.parsed[text] = parse(text)
        value = Evaluation(frame, text, source).value(tree)
    except SyntaxFault as fault:
        message, offsets, code = fault.message, (fault.start, fault.end), "invalid-expression"
    except ExpressionError as error:
        message, code, help = error.message, "expression-fails", error.help
        offsets = (0, len(text)) if error.start is None or error.end is None else (error.start, error.end)
    except RecursionError:
        message, offsets, code = "what this needs is nested too deeply", (0, len(text)), "expression-fails"
    else:
        return [*value] if isinstance(value, Array) else value
    reading.error(code, message, source, offsets, help)
    return Open(frame.scope.named(text[1:-1].strip()), message, source)


def _object(raw: dict[str, Raw], source: Source, frame: Frame) -> Object:
    members: dict[str, Value] = {}
    for key, child in raw.items():
        if key.lower() == "copy" and isinstance(child, list):
            for index, loop in enumerate(child):
                _add_copies(loop, source.at(key, index), frame, members)
        else:
            members[_key(key, source.at(key), frame)] = evaluated(child, source.at(key), frame)
    return Object(members, source)


def _key(key: str, source: Source, frame: Frame) -> str:
    if not key.startswith("["):
        return key
    value = evaluated_text(key, source, frame)
    return value if isinstance(value, str) else value.placeholder if isinstance(value, Open) else key


def _add_copies(loop: Raw, source: Source, frame: Frame, members: dict[str, Value]) -> None:
    """`{"name": ..., "count": ..., "input": ...}` is the member `name`, an array of `count` inputs."""
    if not isinstance(loop, dict) or not isinstance(loop.get("name"), str) or "input" not in loop:
        frame.reading.error("invalid-copy", "a loop needs 'name', 'count' and 'input'", source)
        return
    name = str(loop["name"])
    members[name] = copies(name, loop, source, frame)


def copies(name: str, loop: dict[str, Raw], source: Source, frame: Frame) -> Value:
    """The array that a loop over a property or a variable makes. How many is not known: neither is the array."""
    count = copy_count(loop, source, frame)
    if isinstance(count, Open):
        label = frame.reading.label(f"{name} over {count.name}")
        return Open(frame.scope.named(label), count.reason, count.source, is_named=True, is_set=True)
    place = source.at("input")
    frame.reading.spend(count)
    inputs = (
        evaluated(loop["input"], place, frame.in_loop(name, index, str(index), resource=False))
        for index in range(count)
    )
    return Array(inputs, place)


def copy_count(loop: dict[str, Raw], source: Source, frame: Frame) -> int | Open:
    """How many copies a loop makes; a count that is no count is reported, and then not known."""
    place = source.at("count")
    count = evaluated(loop.get("count"), place, frame)
    if isinstance(count, Open):
        return _counted(loop.get("count"), place, frame) or count
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MAX_COPIES:
        return count
    found = count if isinstance(count, int) and not isinstance(count, bool) else kind_of(count)
    message = f"a loop makes 0 to {MAX_COPIES} copies, not {found}"
    frame.reading.error("invalid-copy", message, place)
    return Open(frame.scope.named("count"), message, place)


def _counted(count: Raw, source: Source, frame: Frame) -> Open | None:
    """What `length(...)` counts, if that is not known: a better name for it than the whole expression."""
    tree = frame.reading.parsed.get(count) if isinstance(count, str) else None
    if not (isinstance(count, str) and isinstance(tree, Call) and tree.name.lower() == "length" and tree.arguments):
        return None
    value = Evaluation(frame, count, source).soft(tree.arguments[0])
    return value if isinstance(value, Open) else None


class Evaluation:
    """One expression at its place. Every method may raise ExpressionError, with offsets into `text`."""

    __slots__ = ("frame", "source", "text")

    def __init__(self, frame: Frame, text: str, source: Source) -> None:
        self.frame = frame
        self.text = text
        self.source = source

    def value(self, tree: Expression) -> Value:
        self.frame.reading.spend()
        match tree:
            case Text() | Number():
                return tree.value
            case Access():
                return self._settled(self._reached(tree))
            case Call():
                return self._settled(self._called(tree))

    def _settled(self, value: Value) -> Value:
        """The value itself, or the one that is given for what is not known."""
        reading = self.frame.reading
        pin = reading.given(value.name) if reading.pins and isinstance(value, Open) and not value.many else None
        return value if pin is None or pin.withheld else typed(belonging(pin, reading.document.whole), "")

    def values(self, call: Call) -> list[Value]:
        return [self.value(argument) for argument in call.arguments]

    def soft(self, tree: Expression) -> Value:
        """A value that may not be needed: where it cannot be evaluated, it is unknown."""
        try:
            return self.value(tree)
        except ExpressionError as error:
            return Open(self.written(tree), error.message, self.source)

    def json(self, raw: Raw, source: Source, frame: Frame) -> Value:
        """The value of something that stands elsewhere in the template."""
        return evaluated(raw, source, frame)

    def copies(self, name: str, loop: dict[str, Raw], source: Source, frame: Frame) -> Value:
        return copies(name, loop, source, frame)

    def within(self, frame: Frame) -> Evaluation:
        """The same expression where more names are bound."""
        return Evaluation(frame, self.text, self.source)

    def open(self, tree: Expression, cause: Open | None, text: str = "") -> Open:
        """An expression over an unknown is an unknown."""
        if cause is None:
            return Open(self.written(tree), "it is known only when the template is deployed", self.source, text)
        return Open(self.written(tree), cause.reason, cause.source, text)

    def written(self, tree: Expression) -> str:
        """The name of a value: the expression as written, with the values of what loops and lambdas bind."""
        return self.frame.scope.named(self.written_here(tree))

    def written_here(self, tree: Expression) -> str:
        """The same, without the template's label."""
        if self.frame.is_plain:
            return self.text[tree.start : tree.end]
        pieces: list[str] = []
        position = tree.start
        for start, end, text in self._substitutes(tree):
            pieces += (self.text[position:start], text)
            position = end
        return "".join((*pieces, self.text[position : tree.end]))

    def _called(self, call: Call) -> Value:
        name = call.name.lower()
        arguments: list[Value] = []
        try:
            if name in CONTEXTUAL:
                value = CONTEXTUAL[name](self, call)
            elif name in FUNCTIONS:
                arguments = self.values(call)
                value = FUNCTIONS[name](arguments)
            elif is_own(name):
                value = call_own(self, call)
            else:
                value = self._foreign(call)
        except Undecided as undecided:
            return replace(self.open(call, first_open(arguments), undecided.text), plain=undecided.plain)
        except ExpressionError as error:
            if error.start is not None:
                raise
            raise ExpressionError(f"{call.name}: {error.message}", call.start, call.end, error.help) from None
        if isinstance(value, str) and len(value) > MAX_SIZE:
            raise ExpressionError("the value is larger than a template can be", call.start, call.end)
        if isinstance(value, str | list | dict):
            self.frame.reading.spend(len(value) // _A_STEP)
        return value

    def _foreign(self, call: Call) -> Open:
        """A function whose value only Azure knows, or one that is not known here."""
        if is_external(call.name.lower()):
            return Open(self.written(call), f"only Azure knows the value of {call.name}", self.source)
        message = f"the function {call.name} is not supported, its value is taken as unknown"
        self.frame.reading.note("unsupported-function", message, self.source, (call.start, call.end))
        return Open(self.written(call), f"the function {call.name} is not supported", self.source)

    def _reached(self, access: Access) -> Value:
        value, known = self._start(access)
        for step in access.steps[known:]:
            key = step.key if isinstance(step.key, str) else self.value(step.key)
            if value is None and step.safe:
                return None
            if isinstance(value, Open) or isinstance(key, Open):
                value = self._open_member(value, key, step)
                continue
            try:
                value = member(value, key)
            except ExpressionError as error:
                if step.safe:
                    return None
                raise ExpressionError(error.message, step.start, step.end, error.help) from None
            except Undecided:
                value = self.open(Access(access.target, (step,), access.start, step.end), first_open([value]))
        return value

    def _start(self, access: Access) -> tuple[Value, int]:
        """The value of the first steps, and how many they are: what a deployment gives out is found by all of them."""
        if isinstance(access.target, Call) and access.target.name.lower() == "reference":
            from nwpolicy.readers.arm.references import known_steps  # evaluates expressions itself

            found = known_steps(self, access.target, access.steps)
            if found is not None:
                return found
        return self.value(access.target), 0

    def _open_member(self, value: Value, key: Value, step: Step) -> Open:
        """A member of an unknown is named after it, as a person would write it."""
        cause = value if isinstance(value, Open) else key
        assert isinstance(cause, Open)
        suffix = f".{key}" if isinstance(key, str) else f"[{key.name if isinstance(key, Open) else key}]"
        if isinstance(value, Open):
            return Open(value.name + suffix, cause.reason, cause.source, is_named=value.is_named)
        return Open(self.frame.scope.named(self.text[1 : step.end]), cause.reason, cause.source)

    def _substitutes(self, tree: Expression) -> list[tuple[int, int, str]]:
        """Where loop indexes, lambda variables and arguments are written, and what they stand for, in order."""
        match tree:
            case Access():
                inner = [step.key for step in tree.steps if not isinstance(step.key, str)]
                return [found for part in (tree.target, *inner) for found in self._substitutes(part)]
            case Call():
                bound = self._bound(tree)
                if bound is not None:
                    return [(tree.start, tree.end, bound)]
                return [found for part in tree.arguments for found in self._substitutes(part)]
            case Text() | Number():
                return []

    def _bound(self, call: Call) -> str | None:
        name = call.name.lower()
        first = call.arguments[0] if call.arguments else None
        key = first.value.lower() if isinstance(first, Text) else ""
        if name == "copyindex":
            index = self.value(call)
            return None if isinstance(index, Open) else str(index)
        if name == "lambdavariables" and key in self.frame.lambdas:
            return self.frame.lambdas[key].written
        if name == "parameters" and self.frame.arguments is not None and key in self.frame.arguments:
            return self.frame.arguments[key].written
        return None
