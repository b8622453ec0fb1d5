"""Names and ids of resources, as template expressions.

Source: Microsoft Learn, "Set name and type for child resources in Bicep", "Set scope for extension resources in Bicep",
"Resource functions for Bicep", "Scope functions for Bicep"; the templates that `az bicep build` makes.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from nwpolicy.model.records import dataclass
from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.symbols import Deployable, Referent, conditions_of

if TYPE_CHECKING:
    from nwpolicy.readers.bicep.expressions import Writer
    from nwpolicy.readers.bicep.program import Program

__all__ = ["Identity", "Scope"]

_GROUP = "/subscriptions/{0}/resourceGroups/{1}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a resource goes: `resourceGroup`, `subscription`, ... with the arguments it is named by, or the id of the
    resource that it extends (`kind` is empty)."""

    kind: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Of a resource as it is meant somewhere, which is outside of its own loop."""

    program: Program
    referent: Referent

    @property
    def deployable(self) -> Deployable:
        return self.referent.deployable

    def writer(self) -> Writer:
        """What the resource's own expressions see."""
        return self.program.writer_of(self.deployable, self.referent.index)

    def own_name(self) -> str:
        """The name as written, without that of the parent."""
        name = self.deployable.property("name")
        if name is not None:
            return self.writer().text(name)
        key = self.deployable.key
        if not self.deployable.is_module:
            raise Misuse(f"the resource '{key}' has no name", self.deployable.declaration.name)
        if self.deployable.loop is None:
            return f"format('{key}-{{0}}', uniqueString('{key}', deployment().name))"
        index = self.referent.index or "copyIndex()"
        return f"format('{key}-{{0}}-{{1}}', {index}, uniqueString('{key}', deployment().name))"

    def condition(self) -> str | None:
        """Whether it is deployed; None if it always is."""
        written = [self.writer().text(condition) for condition in conditions_of(self.deployable)]
        return reduce("and({}, {})".format, written) if written else None

    def parent(self) -> Identity | None:
        outer = self.deployable.outer
        if outer is not None:
            return Identity(self.program, self._same_turn(outer))
        written = self.deployable.property("parent")
        if written is None:
            return None
        meant = self.writer().referent(written)
        if meant is None:
            raise Misuse("the parent of a resource is a resource of this file", written)
        return Identity(self.program, meant)

    def _same_turn(self, outer: Deployable) -> Referent:
        return Referent(outer, self.referent.index if outer.loop else None)

    def full_name(self) -> str | None:
        """The path of names where there is a parent."""
        names = self._names()
        if len(names) == 1:
            return None
        holes = "/".join(f"{{{index}}}" for index in range(len(names)))
        return f"format('{holes}', {', '.join(names)})"

    def _names(self) -> list[str]:
        parent = self.parent()
        return [*(parent._names() if parent is not None else ()), self.own_name()]

    def _segments(self) -> list[str]:
        """The names in the id, one for each type in the type."""
        parent = self.parent()
        if parent is not None:
            return [*parent._segments(), self.own_name()]
        name, count = self.own_name(), self.deployable.type.count("/")
        return [name] if count <= 1 else [f"split({name}, '/')[{index}]" for index in range(count)]

    def scope(self) -> Scope | None:
        """Where the resource, or the one that it is a child of, goes; None for where the template goes."""
        parent = self.parent()
        if parent is not None:
            return parent.scope()
        written = self.deployable.property("scope")
        return None if written is None else scope_of(self.writer(), written)

    def id(self) -> str:
        tail = ", ".join((f"'{self.deployable.type}'", *self._segments()))
        return _placed(self.scope() or Scope(self.program.target, ()), tail, self.program.target)


def scope_of(writer: Writer, tree: syntax.Expression) -> Scope:
    """What a `scope` says."""
    meant = writer.referent(tree)
    if meant is not None:
        identity = Identity(writer.program, meant)
        match meant.deployable.type.lower():
            case "microsoft.resources/resourcegroups":
                around = identity.scope()
                number = around.arguments if around is not None and around.kind == "subscription" else ()
                return Scope("resourceGroup", (*number, identity.own_name()))
            case "microsoft.management/managementgroups":
                return Scope("managementGroup", (identity.own_name(),))
            case "microsoft.resources/subscriptions":
                return Scope("subscription", (identity.own_name(),))
            case _:
                pass
        return Scope("", (identity.id(),))
    if isinstance(tree, syntax.Call) and tree.name in _KINDS:
        return Scope(tree.name, tuple(map(writer.text, tree.arguments)))
    return Scope("", (writer.text(tree),))


_KINDS = frozenset({"resourceGroup", "subscription", "managementGroup", "tenant"})


def _placed(scope: Scope, tail: str, target: str) -> str:
    """The id of a resource at a scope."""
    match scope.kind, scope.arguments:
        case "resourceGroup", arguments if target == "resourceGroup" and len(arguments) <= 1:
            return f"resourceId({', '.join((*arguments, tail))})"
        case "resourceGroup", (*number, group):
            subscription = number[0] if number else "subscription().subscriptionId"
            return f"extensionResourceId(format('{_GROUP}', {subscription}, {group}), {tail})"
        case "subscription", arguments:
            return f"subscriptionResourceId({', '.join((*arguments, tail))})"
        case "tenant", _:
            return f"tenantResourceId({tail})"
        case "managementGroup", ():
            return f"extensionResourceId(managementGroup().id, {tail})"
        case "managementGroup", (group,):
            base = f"tenantResourceId('Microsoft.Management/managementGroups', {group})"
            return f"extensionResourceId({base}, {tail})"
        case _, arguments:
            return f"extensionResourceId({', '.join((*arguments, tail))})"
