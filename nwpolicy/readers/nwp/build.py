"""Statements of one file to definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from nwpolicy.model.addresses import Address
from nwpolicy.model.assertions import AssertionException
from nwpolicy.model.avnm import ConnectivityGroup, MemberType, RoutingRuleCollection
from nwpolicy.model.network import IpConfiguration, Subnet
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.rules import NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.model.source import Source
from nwpolicy.model.tags import ServiceTagCatalogue, ServiceTagEntry
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.nwp import assertions, sentences, syntax
from nwpolicy.readers.nwp.errors import did_you_mean
from nwpolicy.readers.nwp.kinds import DEFAULT_RULES, DEFINITIONS, Kind
from nwpolicy.readers.nwp.words import SERVICE_TAG, Scope
from nwpolicy.readers.places import shown

if TYPE_CHECKING:
    from lark import Token

__all__ = ["application_security_groups", "build"]

#: What can be said of a definition that stands elsewhere: which one it is, and the members of a group.
_SAID_OF_EXISTING: Final = frozenset({"existing", "id", "members"})
#: Within which Azure numbers the rules that it adds.
_DEFAULT_PRIORITIES: Final = (1, 65535)
#: What begins a statement besides the definitions.
_OTHERS: Final = ("let", "tag", "import", "assert", "except", "expect", "environment")
_PLACES: Final[Mapping[type, str]] = {
    syntax.Rule: "a rule stands in an inbound or outbound block of an nsg or a collection",
    syntax.Direction: "rules stand in an nsg or a collection",
    syntax.Route: "a route stands in a route-table or a collection of a routing",
    syntax.Deployment: "deploy stands in a network-manager",
    syntax.Let: "let stands outside all blocks",
    syntax.Tag: "tag stands outside all blocks",
    syntax.Import: "import stands outside all blocks",
    syntax.Assertion: "assert stands outside all blocks",
    syntax.Exemption: "except stands outside all blocks",
    syntax.Expectation: "expect stands outside all blocks",
}


def build(scope: Scope, statements: Sequence[syntax.Statement]) -> tuple[Resource, ...]:
    """The definitions and assertions of a file, and its service tags as a catalogue."""
    found: list[Resource] = []
    tags: list[syntax.Tag] = []
    for statement in statements:
        match statement:
            case syntax.Entry(key="environment"):
                found.extend(assertions.environment(scope, statement))
            case syntax.Entry():
                found.extend(_top_level(scope, statement))
            case syntax.Assertion():
                found.append(assertions.assertion(scope, statement))
            case syntax.Exemption():
                found.append(assertions.exception(scope, statement))
            case syntax.Expectation():
                found.append(assertions.expectation(scope, statement))
            case syntax.Tag():
                tags.append(statement)
            case syntax.Let() | syntax.Import():
                pass  # part of the scope
            case _:
                _misplaced(scope, statement)
    _check_names(scope, found)
    if tags:
        found.append(_catalogue(scope, tags))
    return tuple(found)


def application_security_groups(statements: Iterable[syntax.Statement]) -> frozenset[str]:
    """The names, in lower case, of the application security groups that are defined."""
    return frozenset(
        value.strip('"').lower()
        for statement in statements
        if isinstance(statement, syntax.Entry) and statement.key == "asg"
        for value in statement.values or ()
        if not isinstance(value, syntax.Link)
    )


def _top_level(scope: Scope, entry: syntax.Entry) -> Iterator[Resource]:
    kind = DEFINITIONS.get(entry.key)
    if kind is None:
        message = f"{shown(str(entry.key))} is no definition"
        help = did_you_mean(str(entry.key), (*DEFINITIONS, *_OTHERS))
        help = help or f"a file defines {', '.join(DEFINITIONS)}"
        scope.findings.error("unknown-definition", message, scope.source(entry.key), help)
    else:
        yield from _definitions(scope, kind, entry)


def _definitions(scope: Scope, kind: Kind, entry: syntax.Entry) -> Iterator[Resource]:
    """What an entry defines: one thing, or several that have nothing but a name."""
    source = scope.source(entry.key, (entry.values or [entry.key])[-1])
    names = list(scope.expanded(entry.values or ()))
    if not _suffices(scope, entry, len(names)):
        return
    for value, place in names:
        if isinstance(value, syntax.Link) or value.type not in {"WORD", "NUMBER", "STRING"}:
            scope.findings.error("bad-name", f"{shown(_text(value))} is no name", place)
        else:
            resource = _Definition(scope, kind, entry).made(value, source if len(names) == 1 else place)
            if resource is not None:
                yield resource


def _uses(scope: Scope, kind: Kind, use: type[ConnectivityGroup], entry: syntax.Entry) -> Iterator[ConnectivityGroup]:
    """What an entry says of resources that are defined elsewhere."""
    references = scope.references(entry.values or (), kind.resource.type)
    if _suffices(scope, entry, len(references)):
        yield from (use(reference, **_Definition(scope, kind, entry).settings()) for reference in references)


def _suffices(scope: Scope, entry: syntax.Entry, names: int) -> bool:
    """Whether an entry has a name, and only one if it has a block."""
    if names == 1 or (names and entry.body is None):
        return True
    what = "a block belongs to one name" if names else f"{entry.key} needs a name"
    place = scope.source(entry.key, (entry.values or [entry.key])[-1])
    scope.findings.error("bad-name", what, place, f"{entry.key} NAME {{ ... }}")
    return False


class _Definition:
    """Reads the block of one definition."""

    def __init__(self, scope: Scope, kind: Kind, entry: syntax.Entry) -> None:
        self._scope = scope
        self._kind = kind
        self._entry = entry
        self._values: dict[str, Any] = {}
        self._lists: dict[str, list[Any]] = {}
        self._fields: dict[str, Source] = {}

    def made(self, name: Token, source: Source) -> Resource | None:
        for statement in self._entry.body or ():
            self._add(statement)
        if not self._has_required(str(name), source):
            return None
        if self._values.get("existing"):
            self._check_existing()
        for children in self._lists.values():
            _check_names(self._scope, children)
            _check_priorities(self._scope, children)
        self._complete()
        condition = self._entry.condition
        return self._kind.resource(
            name=self._scope.name(name),
            condition=self._scope.unknown(condition, UnknownKind.CONDITION) if condition else None,
            source=source,
            fields=self._fields,
            **self._values,
        )

    def _check_existing(self) -> None:
        """Of what is defined elsewhere, nothing is said here but what stands in it."""
        said = [source for name, source in self._fields.items() if name not in _SAID_OF_EXISTING]
        open_ = (one.source for children in self._lists.values() for one in children if isinstance(one, Unknown))
        for source in (*said, *open_):
            message = f"{self._entry.key} is existing: only what stands in it is said here"
            self._scope.findings.error("misplaced", message, source)

    def _has_required(self, name: str, source: Source) -> bool:
        """Whether every setting that has to be there is. Of one that could not be read, that is said already."""
        for word in self._kind.required:
            setting = self._kind.settings[word]
            if setting.azure not in self._fields:
                message = f"{self._entry.key} {shown(name)} needs the setting {shown(word)}"
                self._scope.findings.error("missing-setting", message, source)
            if setting.field not in self._values:
                return False
        return True

    def settings(self) -> Mapping[str, Any]:
        """The fields that the block of a `use` sets."""
        for statement in self._entry.body or ():
            self._add(statement)
        if self._entry.condition is not None:
            message = f"{self._entry.key} has no condition here"
            self._scope.findings.error("misplaced", message, self._scope.source(self._entry.condition))
        return self._values

    def _add(self, statement: syntax.Statement) -> None:
        field = self._kind.sentences.get(type(statement))
        match statement:
            case syntax.Entry():
                self._add_entry(statement)
            case syntax.Direction() if field:
                self._list(field).extend(self._rules(statement))
            case syntax.Route() if field:
                is_managed = self._kind.resource is RoutingRuleCollection
                read = sentences.routing_rule if is_managed else sentences.route
                self._list(field).append(read(self._scope, statement))
            case syntax.Deployment() if field:
                self._list(field).append(sentences.deployment(self._scope, statement))
            case _:
                _misplaced(self._scope, statement)

    def _add_entry(self, entry: syntax.Entry) -> None:
        word = str(entry.key)
        setting = self._kind.settings.get(word)
        if word in self._kind.children:
            field, kind = self._kind.children[word]
            found = _uses(self._scope, kind, kind.use, entry) if kind.use else _definitions(self._scope, kind, entry)
            self._list(field).extend(found)
        elif word == DEFAULT_RULES and self._kind.resource is NetworkSecurityGroup:
            self._add_default_rules(entry)
        elif word in self._kind.open_lists:
            self._leave_open(*self._kind.open_lists[word], entry)
        elif setting is None:
            self._no_such_setting(entry)
        elif entry.body is not None or entry.condition is not None:
            message = f"{word} is a setting: it has neither a block nor a condition"
            self._scope.findings.error("misplaced", message, self._scope.source(entry.key))
        elif entry.values is None and not setting.alone:
            message = f"{word} has no value"
            self._scope.findings.error("missing-value", message, self._scope.source(entry.key))
        else:
            self._set(setting.field, setting.azure, setting.read, entry)

    def _set(self, field: str, azure: str, read: Callable[..., Any], entry: syntax.Entry) -> None:
        if field in self._values:
            help = "values of one setting are separated by commas"
            message = f"{entry.key} is given twice"
            self._scope.findings.error("duplicate-setting", message, self._scope.source(entry.key), help)
            return
        first, last = (entry.values[0], entry.values[-1]) if entry.values else (entry.key, entry.key)
        self._fields[azure] = self._scope.source(first, last)
        value = read(self._scope, entry.values or ())
        if value is not None:
            self._values[field] = value

    def _leave_open(self, field: str, kind: UnknownKind, entry: syntax.Entry) -> None:
        for value in entry.values or [entry.key]:
            if isinstance(value, syntax.Link) or value.type != "UNKNOWN":
                message = f"only an unknown (?NAME) follows {entry.key}"
                self._scope.findings.error("misplaced", message, self._scope.source(value))
            else:
                self._list(field).append(self._scope.unknown(value, kind))

    def _add_default_rules(self, entry: syntax.Entry) -> None:
        """The rules that Azure adds, in blocks of their own."""
        found = self._list("default_security_rules")
        if entry.values or entry.condition or entry.body is None:
            message = f"{DEFAULT_RULES} is a block without a name: {DEFAULT_RULES} {{ ... }}"
            self._scope.findings.error("misplaced", message, self._scope.source(entry.key))
        for statement in entry.body or ():
            if isinstance(statement, syntax.Direction):
                rules = self._rules(statement, _DEFAULT_PRIORITIES)
                found.extend(replace(rule, is_default=True) for rule in rules if isinstance(rule, SecurityRule))
            elif isinstance(statement, syntax.Entry):
                message = f"{DEFAULT_RULES} has inbound and outbound blocks, not {shown(str(statement.key))}"
                self._scope.findings.error("misplaced", message, self._scope.source(statement.key))
            else:
                _misplaced(self._scope, statement)

    def _rules(self, block: syntax.Direction, limits: tuple[int, int] | None = None) -> Iterator[Rule]:
        way = sentences.direction(self._scope, block.key)
        for statement in block.body:
            if isinstance(statement, syntax.Rule):
                yield sentences.rule(self._scope, statement, way, block.key, self._kind.rules, limits)
            elif isinstance(statement, syntax.Entry):
                message = f"a rule starts with its priority, not with {shown(str(statement.key))}"
                help = "100 NAME allow tcp from SOURCE to DESTINATION port 443"
                self._scope.findings.error("misplaced", message, self._scope.source(statement.key), help)
            else:
                _misplaced(self._scope, statement)

    def _list(self, field: str) -> list[Any]:
        return self._lists.setdefault(field, [])

    def _no_such_setting(self, entry: syntax.Entry) -> None:
        known = [*self._kind.settings, *self._kind.children]
        if syntax.Direction in self._kind.sentences:
            known += ["inbound", "outbound"]
        if self._kind.resource is NetworkSecurityGroup:
            known.append(DEFAULT_RULES)
        known += self._kind.open_lists
        word = str(entry.key)
        message = f"{self._entry.key} has no setting {shown(word)}"
        help = did_you_mean(word, known) or f"it has {', '.join(known)}"
        self._scope.findings.error("unknown-setting", message, self._scope.source(entry.key), help)

    def _complete(self) -> None:
        """What one setting says of another field."""
        address = self._values.get("private_ip_address")
        if self._kind.resource is IpConfiguration and isinstance(address, Address):
            self._values.setdefault("family", address.family)
        members = self._values.get("members", ())
        if any(isinstance(member, Reference) and member.type == Subnet.type for member in members):
            self._values.setdefault("member_type", MemberType.SUBNET)
        self._values |= {field: tuple(children) for field, children in self._lists.items()}


def _catalogue(scope: Scope, tags: Sequence[syntax.Tag]) -> ServiceTagCatalogue:
    entries: dict[str, ServiceTagEntry] = {}
    for tag in tags:
        name = scope.name(tag.name)
        if not SERVICE_TAG.fullmatch(name):
            help = "a service tag has letters, digits, dots and underscores"
            scope.findings.error("bad-name", f"{shown(name)} is no name of a service tag", scope.source(tag.name), help)
        if name.lower() in entries:
            message = f"service tag {shown(name)} is defined twice"
            scope.findings.error("duplicate-name", message, scope.source(tag.name))
        prefixes = (text for prefix in scope.known_prefixes(tag.values) for text in prefix.addresses.prefixes())
        entries[name.lower()] = ServiceTagEntry(name, tuple(prefixes))
    return ServiceTagCatalogue(name=scope.document.path, tags=entries, source=scope.source(tags[0].name))


def _misplaced(scope: Scope, statement: syntax.Statement) -> None:
    scope.findings.error("misplaced", _PLACES[type(statement)], scope.source(_first(statement)))


def _first(statement: syntax.Statement) -> syntax.Value:
    match statement:
        case syntax.Entry() | syntax.Direction():
            return statement.key
        case syntax.Rule():
            return statement.priority
        case syntax.Import():
            return statement.path
        case syntax.Deployment():
            return statement.configurations[0]
        case _:
            return statement.name


def _text(value: syntax.Value) -> str:
    return f"{value.kind} {value.name}" if isinstance(value, syntax.Link) else str(value)


def _check_names(scope: Scope, resources: Sequence[object]) -> None:
    """Azure compares names without case. Two definitions with ids of their own may share a name."""
    seen: dict[tuple[str, str, str], Resource] = {}
    for resource in resources:
        if not isinstance(resource, Resource) or isinstance(resource, AssertionException):
            continue
        key = (resource.type, resource.name.lower(), (resource.id or "").lower())
        if (first := seen.setdefault(key, resource)) is not resource:
            message = f"{shown(resource.name)} is defined twice, first in line {first.source.location.span.line}"
            scope.findings.error("duplicate-name", message, resource.field_source("name"))


def _check_priorities(scope: Scope, rules: Sequence[object]) -> None:
    seen: dict[tuple[object, int], Rule] = {}
    for rule in rules:
        if not isinstance(rule, Rule) or not isinstance(rule.priority, int):
            continue
        if (first := seen.setdefault((rule.direction, rule.priority), rule)) is not rule:
            message = (
                f"priority {rule.priority} is taken by {shown(first.name)} in line {first.source.location.span.line}"
            )
            scope.findings.error("duplicate-priority", message, rule.field_source("priority"))
