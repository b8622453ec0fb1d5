"""The JSON syntax of Terraform (`*.tf.json`) to the same tree.

Strings are templates, except where Terraform takes what they hold for an expression. What stands inside a template has
the place of the whole string: its own offsets end with the escapes of JSON.

Source: HashiCorp, "Terraform language: JSON Configuration Syntax".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final

from nwpolicy.readers import jsontext
from nwpolicy.readers.jsonscan import scan
from nwpolicy.readers.places import Place
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.hcl.parse import parse_expression, parse_template
from nwpolicy.readers.tree import Raw

__all__ = ["parse_json", "parse_values"]

#: Types of blocks by the number of their labels.
_LABELS: Final = {"data": 2, "locals": 0, "module": 1, "output": 1, "resource": 2, "terraform": 0, "variable": 1}
_COMMENT: Final = "//"


def parse_json(path: str, text: str) -> syntax.Body:
    """The body that a file is. Raises InputError where it is not JSON, SyntaxFault where a template is none."""
    raw, _ = jsontext.parse(path, text)
    place = scan(text)[0]
    blocks = [
        block
        for type, content, below in _members(raw, place)
        if type in _LABELS
        for block in _blocks(type, (), _LABELS[type], content, below)
    ]
    return syntax.Body({}, tuple(blocks))


def parse_values(path: str, text: str) -> syntax.Body:
    """A file of variables (`*.tfvars.json`). Raises InputError, SyntaxFault."""
    raw, _ = jsontext.parse(path, text)
    return _body("", raw, scan(text)[0])


def _members(raw: Raw, place: Place) -> Iterator[tuple[str, Raw, Place]]:
    """The members of an object, or of the objects in a list."""
    if isinstance(raw, list):
        for index, element in enumerate(raw):
            yield from _members(element, place.child(index) or place)
    elif isinstance(raw, dict):
        for key, value in raw.items():
            if key != _COMMENT:
                yield key, value, place.child(key) or place


def _blocks(type: str, labels: tuple[str, ...], more: int, raw: Raw, place: Place) -> Iterator[syntax.Block]:
    if more:
        for label, content, below in _members(raw, place):
            yield from _blocks(type, (*labels, label), more - 1, content, below)
        return
    for index, element in enumerate(raw if isinstance(raw, list) else [raw]):
        own = place.child(index) or place
        start = own.key if own.key >= 0 else own.start
        yield syntax.Block(type, labels, _body(type, element, own), start, own.end)


def _body(type: str, raw: Raw, place: Place) -> syntax.Body:
    """Nested blocks are arguments like any other, but for those that loops make."""
    attributes: dict[str, syntax.Attribute] = {}
    blocks: list[syntax.Block] = []
    for name, value, below in _members(raw, place):
        if name == "dynamic" and type == "resource":
            blocks += _blocks("dynamic", (), 1, value, below)
        elif name == "content" and type == "dynamic":
            blocks += _blocks("content", (), 0, value, below)
        elif name == "required_providers" and type == "terraform":
            blocks += _blocks("required_providers", (), 0, value, below)
        else:
            is_code = (type, name) in (("variable", "type"), ("dynamic", "iterator"))
            tree = _code(value, below) if is_code and isinstance(value, str) else _expression(value, below)
            attributes[name] = syntax.Attribute(name, tree, below.start, below.end)
    return syntax.Body(attributes, tuple(blocks))


def _expression(raw: Raw, place: Place) -> syntax.Expression:
    start, end = place.start, place.end
    if isinstance(raw, list):
        elements = (_expression(element, place.child(index) or place) for index, element in enumerate(raw))
        return syntax.Array(tuple(elements), start, end)
    if isinstance(raw, dict):
        items = tuple(
            syntax.Item(_key(key, below), _expression(value, below)) for key, value, below in _members(raw, place)
        )
        return syntax.Object(items, start, end)
    if isinstance(raw, str) and ("${" in raw or "%{" in raw):
        found: syntax.Expression = _moved(parse_template(raw), start, end)
        return found
    return syntax.Literal(raw, start, end)


def _key(key: str, place: Place) -> syntax.Expression:
    start = place.key if place.key >= 0 else place.start
    return syntax.Literal(key, start, start + len(key) + 2)


def _code(text: str, place: Place) -> syntax.Expression:
    found: syntax.Expression = _moved(parse_expression(text), place.start, place.end)
    return found


def _moved(tree: Any, start: int, end: int) -> Any:
    """A tree, all of it at one place."""
    if isinstance(tree, tuple):
        return tuple(_moved(element, start, end) for element in tree)
    if not hasattr(tree, "__dataclass_fields__"):
        return tree
    members = {item.name: _moved(getattr(tree, item.name), start, end) for item in fields(tree)}
    if "start" in members:
        members |= {"start": start, "end": end}
    return replace(tree, **members)
