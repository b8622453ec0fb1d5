"""A Bicep file as the template that it is compiled to.

Source: Microsoft Learn, "Bicep file structure and syntax", "Bicep modules", "Iterative loops in Bicep", "Conditional
deployments in Bicep", "Outputs in Bicep"; the templates that `az bicep build` makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.readers.bicep import pieces, syntax
from nwpolicy.readers.bicep.expressions import Writer, bracketed, failure
from nwpolicy.readers.bicep.identities import Identity, Scope
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.pieces import Extent, Piece, leaf, members
from nwpolicy.readers.bicep.program import Program
from nwpolicy.readers.bicep.symbols import Deployable, Referent, conditions_of
from nwpolicy.readers.bicep.types import definition

__all__ = ["argument", "template"]

_SCHEMA: Final = "https://schema.management.azure.com/schemas/2019-08-01/"
_SCHEMAS: Final = {
    "subscription": "subscriptionDeploymentTemplate.json#",
    "managementGroup": "managementGroupDeploymentTemplate.json#",
    "tenant": "tenantDeploymentTemplate.json#",
}
#: What becomes something else than a property of the resource.
_OWN: Final = frozenset({"name", "parent", "scope", "dependsOn"})
#: Where parts of a template stand that no part of the Bicep file stands for.
_WHOLE: Final = syntax.Object((), 0, 0)


def template(program: Program) -> Piece:
    """The whole template. What is wrong is among the program's diagnostics."""
    found = {
        "$schema": leaf(_SCHEMA + _SCHEMAS.get(program.target, "deploymentTemplate.json#"), _WHOLE),
        "languageVersion": leaf("2.0", _WHOLE),
        "contentVersion": leaf("1.0.0.0", _WHOLE),
        "parameters": members(dict(_parameters(program)), _WHOLE),
        "resources": members(dict(_resources(program)), _WHOLE),
        "outputs": members(dict(_outputs(program)), _WHOLE),
    }
    variables, functions = _variables(program), _functions(program)
    return members({**found, "variables": variables, "functions": functions}, _WHOLE)


def _parameters(program: Program) -> Iterator[tuple[str, Piece]]:
    for item in program.statements:
        if isinstance(item, syntax.Parameter):
            said = {name: leaf(raw, item.name) for name, raw in definition(item.type, item.decorators, program).items()}
            default = {} if item.value is None else {"defaultValue": program.writer.json(item.value)}
            yield item.name.text, members({**said, **default}, item.name)


def _variables(program: Program) -> Piece:
    """Last of all, because what is imported is known only then."""
    plain: dict[str, Piece] = {}
    loops: list[Piece] = []
    for item in program.statements:
        if isinstance(item, syntax.Variable) and not program.is_runtime(item):
            piece = program.value_of(item.name.text, item.value)
            if isinstance(item.value, syntax.Loop):
                loops.append(piece)
            else:
                plain[item.name.text] = piece
    for name, piece in program.additions.variables.items():
        if isinstance(piece.raw, dict) and piece.raw.get("name") == name and "input" in piece.raw:
            loops.append(piece)
        else:
            plain[name] = piece
    return members({**plain, **({"copy": pieces.elements(loops, _WHOLE)} if loops else {})}, _WHOLE)


def _functions(program: Program) -> Piece:
    for item in program.statements:
        if isinstance(item, syntax.Function):
            program.function(item)
    namespaces: dict[str, dict[str, Piece]] = {}
    for qualified, piece in program.additions.functions.items():
        namespace, _, name = qualified.partition(".")
        namespaces.setdefault(namespace, {})[name] = piece
    found = [
        members({"namespace": leaf(key, _WHOLE), "members": members(own, _WHOLE)}, _WHOLE)
        for key, own in namespaces.items()
    ]
    return pieces.elements(found, _WHOLE)


def _outputs(program: Program) -> Iterator[tuple[str, Piece]]:
    for item in program.statements:
        if not isinstance(item, syntax.Output):
            continue
        if isinstance(item.value, syntax.Loop):
            turns = program.writer.turns(item.value, "copyIndex()")
            yield item.name.text, members({"copy": members(turns, item.value)}, item)
        else:
            yield item.name.text, members({"value": program.writer.json(item.value)}, item)


def _resources(program: Program) -> Iterator[tuple[str, Piece]]:
    for symbol in program.symbols.values():
        if isinstance(symbol, Deployable):
            yield from _deployed(program, symbol)


def _deployed(program: Program, deployable: Deployable) -> Iterator[tuple[str, Piece]]:
    try:
        yield deployable.key, _resource(program, deployable)
    except Misuse as misuse:
        yield deployable.key, _broken(deployable, misuse.message, misuse.where)
    except RecursionError:
        yield deployable.key, _broken(deployable, "this is nested too deeply", deployable.declaration.name)
    for nested in deployable.nested.values():
        yield from _deployed(program, nested)


def _broken(deployable: Deployable, message: str, where: Extent) -> Piece:
    """A resource whose name, place or loop is wrong: an error, if it is of a type that is read."""
    failed = leaf(bracketed(failure(message)), where)
    link = members({"templateLink": members({"relativePath": failed}, where)}, where)
    found = {
        "type": leaf(deployable.type, where),
        "name": leaf(deployable.key, where),
        "properties": link if deployable.is_module else failed,
    }
    return members(found, deployable.declaration)


def _resource(program: Program, deployable: Deployable) -> Piece:
    """One resource or module, with its loop and its condition. Raises Misuse."""
    declaration = deployable.declaration
    writer = program.writer_of(deployable, None)
    identity = Identity(program, Referent(deployable, None))
    name = deployable.body.get("name")
    found = dict(_occurrence(program, deployable, identity))
    found["type"] = leaf(deployable.type, declaration)
    found["apiVersion"] = leaf(deployable.version, declaration)
    found |= _scope(deployable, identity)
    where: Extent = declaration.name if name is None else name.value
    found["name"] = _name(identity, writer, where)
    if isinstance(declaration, syntax.Module):
        found["properties"] = _module(declaration, deployable, writer)
    else:
        found |= pieces.split(writer.members(deployable.body, _OWN))
    return members(found, declaration)


def _occurrence(program: Program, deployable: Deployable, identity: Identity) -> Iterator[tuple[str, Piece]]:
    """How often it is deployed, if at all."""
    declaration, loop = deployable.declaration, deployable.loop
    if isinstance(declaration, syntax.ResourceDeclaration) and declaration.existing:
        yield "existing", leaf(True, declaration)
    condition = identity.condition()
    if condition is not None:
        yield "condition", leaf(bracketed(condition), conditions_of(deployable)[-1])
    if loop is not None:
        count = f"[length({program.writer_around(deployable).text(loop.over)})]"
        turns = {"name": leaf(deployable.key, declaration.name), "count": leaf(count, loop.over)}
        yield "copy", members(turns, loop)


def _name(identity: Identity, writer: Writer, where: Extent) -> Piece:
    full = identity.full_name()
    name = identity.deployable.property("name")
    if full is None and name is not None:
        return writer.json(name)
    return leaf(f"[{full or identity.own_name()}]", where)


def _scope(deployable: Deployable, identity: Identity) -> dict[str, Piece]:
    """Where it goes, if not where the template goes."""
    written = deployable.property("scope")
    scope = identity.scope()
    if scope is None:
        return {}
    where: Extent = written if written is not None else deployable.declaration.name
    return {name: leaf(bracketed(text), where) for name, text in _placed(scope).items()}


def _placed(scope: Scope) -> dict[str, str]:
    match scope.kind, scope.arguments:
        case "resourceGroup", (number, group):
            return {"subscriptionId": number, "resourceGroup": group}
        case "resourceGroup", (group,):
            return {"resourceGroup": group}
        case "subscription", (number,):
            return {"subscriptionId": number}
        case "subscription", ():
            return {"subscriptionId": "subscription().subscriptionId"}
        case "managementGroup", (group,):
            return {"scope": f"format('Microsoft.Management/managementGroups/{{0}}', {group})"}
        case "tenant", _:
            return {"scope": "'/'"}
        case "", (id,):
            return {"scope": id}
        case _:
            return {}


def _module(declaration: syntax.Module, deployable: Deployable, writer: Writer) -> Piece:
    path = declaration.path.plain
    if path is None:
        raise Misuse("the path of a module is a string without expressions", declaration.path)
    options = leaf({"scope": "inner"}, declaration)
    link = members({"relativePath": leaf(pieces.literal(path), declaration.path)}, declaration.path)
    found = {"expressionEvaluationOptions": options, "mode": leaf("Incremental", declaration), "templateLink": link}
    given = deployable.property("params")
    if isinstance(given, syntax.Object):
        found["parameters"] = members(dict(_given(given, writer)), given)
    elif given is not None:
        raise Misuse("the parameters of a module are an object", given)
    return members(found, declaration)


def _given(given: syntax.Object, writer: Writer) -> Iterator[tuple[str, Piece]]:
    """What a module is given."""
    for item in given.items:
        if not isinstance(item, syntax.Property):
            raise Misuse("the parameters of a module are written one by one", item)
        name = item.key.text if isinstance(item.key, syntax.Word) else item.key.plain or ""
        yield name, argument(item.value, writer)


def argument(value: syntax.Expression, writer: Writer) -> Piece:
    """A value for a parameter of a deployment."""
    value, writer = writer.written_out(value)
    match value:
        case syntax.Loop():
            return members({"copy": pieces.elements([writer.copy("value", value)], value)}, value)
        case syntax.Ternary():
            return leaf(f"[{_wrapped(value, writer)}]", value)
        case syntax.Call(name="getSecret"):
            return members({"reference": leaf(None, value)}, value)
        case _:
            return members({"value": writer.json(value)}, value)


def _wrapped(value: syntax.Expression, writer: Writer) -> str:
    """A value for a parameter where only a condition tells which one it is."""
    value, writer = writer.written_out(value)
    if isinstance(value, syntax.Ternary):
        either = ", ".join(_wrapped(branch, writer) for branch in (value.positive, value.negative))
        return f"if({writer.text(value.condition)}, {either})"
    if isinstance(value, syntax.Call) and value.name == "getSecret":
        return "createObject('reference', null())"
    return f"createObject('value', {writer.text(value)})"
