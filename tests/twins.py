"""Compares Bicep files with the templates that Microsoft's compiler made of them.

    python -m tests.twins CHECKOUT [FOLDER ...]

CHECKOUT is one of a repository that keeps both, such as Azure/bicep-registry-modules (main.bicep and main.json) or
Azure/azure-quickstart-templates (main.bicep and azuredeploy.json). Three questions are asked of each pair:

- template: is the template that we make of the Bicep file the compiled one, expression by expression?
- model: do both give the same definitions, with parameters at their defaults?
- tests: do both give the same definitions when the Bicep files in `tests` beside them deploy them?

What a registry holds is not on the disk; it is taken from the compiled template, which has it. Templates of before
language version 2.0 have no symbolic names: what they ask of a resource, `reference(...)`, is called otherwise there,
and that part of a name is not compared.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nwpolicy.model.assembly import Fragment, assemble
from nwpolicy.model.diagnostics import InputError, Severity
from nwpolicy.model.source import Document
from nwpolicy.readers import arm, jsontext
from nwpolicy.readers.bicep.files import is_remote
from nwpolicy.readers.bicep.reading import Compiler
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.linking import Linker
from nwpolicy.readers.textfile import read_text
from nwpolicy.readers.tree import Raw

_LIMIT = 1 << 27
_COMPILED = {"main.bicep": ("main.json", "azuredeploy.json"), "azuredeploy.bicep": ("azuredeploy.json",)}
#: What compilers of different versions write differently, and what is not read.
_PASSED_OVER = frozenset({"dependsOn", "metadata", "mode", "batchSize", "expressionEvaluationOptions"})
_MODULE = "Microsoft.Resources/deployments"


@dataclass(frozen=True)
class Pair:
    bicep: Path
    compiled: Path


@dataclass(frozen=True)
class Difference:
    route: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.route}\n        ours:   {_short(self.ours)}\n        theirs: {_short(self.theirs)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}..."


def pairs(folder: Path) -> Iterator[Pair]:
    for bicep in sorted(folder.rglob("*.bicep")):
        for name in _COMPILED.get(bicep.name, ()):
            if (bicep.parent / name).is_file():
                yield Pair(bicep, bicep.parent / name)
                break


class Twin:
    """One pair, read from a checkout."""

    def __init__(self, checkout: Path, pair: Pair) -> None:
        self.pair = pair
        self._linker = Linker(DISK, str(checkout), _LIMIT, jsontext.parse)
        self._grafts: dict[str, Raw] = {}
        self._swaps: dict[str, str] = {}
        self.compiler = Compiler(self._linker.text, jsontext.parse)
        self.raw, self.document = _json(pair.compiled)

    @property
    def is_symbolic(self) -> bool:
        """Whether resources have their symbolic names, as since language version 2.0."""
        return isinstance(self.raw, dict) and self.raw.get("languageVersion") == "2.0"

    def ours(self) -> tuple[Raw, Document]:
        """The template that we make, what is in registries taken from the compiled one."""
        path = str(self.pair.bicep)
        self._grafts[path] = self.raw
        compiled = self.compiler.compiled(path, read_text(path, limit=_LIMIT))
        return self._grafted(compiled.raw, compiled.document), compiled.document

    def template(self) -> Difference | None:
        raw, _ = self.ours()
        return difference(_comparable(raw), _comparable(self.raw))

    def model(self) -> Difference | None:
        ours, document = self.ours()
        mine = arm.read(ours, document, link=self._link)
        theirs = arm.read(self.raw, self.document)
        return self._compared(mine, theirs)

    def deployed_by(self, test: Path) -> Difference | None:
        """The same when another Bicep file deploys the one or the other."""
        self.ours()
        path = str(test)
        compiled = self.compiler.compiled(path, read_text(path, limit=_LIMIT))
        raw, document = compiled.raw, compiled.document
        mine = arm.read(raw, document, link=self._link)
        self._swaps = {str(self.pair.bicep): str(self.pair.compiled)}
        theirs = arm.read(raw, document, link=self._link)
        self._swaps = {}
        return self._compared(mine, theirs)

    def _compared(self, mine: Fragment, theirs: Fragment) -> Difference | None:
        masked = not _is_symbolic(self.raw)
        return difference(_definitions(mine, masked=masked), _definitions(theirs, masked=masked))

    def _link(self, importer: Document, path: str) -> tuple[Raw, Document]:
        shown = str(Path(DISK.shown(str(Path(importer.path).parent / path)))) if not is_remote(path) else path
        if shown in self._swaps:
            return _json(Path(self._swaps[shown]))
        compiled = self.compiler.link(importer, path)
        return self._grafted(compiled.raw, compiled.document), compiled.document

    def _grafted(self, raw: Raw, document: Document) -> Raw:
        """A template of ours with the modules that are in a registry."""
        graft = self._grafts.get(document.path)
        if not isinstance(raw, dict) or not isinstance(graft, dict) or not isinstance(raw["resources"], dict):
            return raw
        theirs = graft.get("resources")
        resources = dict(raw["resources"])
        for key, resource in raw["resources"].items():
            template = _within(_counterpart(theirs, key, resource), "properties", "template")
            path = _within(resource, "properties", "templateLink", "relativePath")
            if not isinstance(template, dict) or not isinstance(path, str) or not isinstance(resource, dict):
                continue
            if is_remote(path):
                properties = resource["properties"]
                assert isinstance(properties, dict)
                resources[key] = {**resource, "properties": {**properties, "template": template}}
            else:
                self._grafts[DISK.shown(str(Path(document.path).parent / path))] = template
        return {**raw, "resources": resources}


def _is_symbolic(raw: Raw) -> bool:
    """Whether resources have symbolic names in a template and in those of its modules."""
    if not isinstance(raw, dict) or raw.get("languageVersion") != "2.0":
        return False
    modules = [
        item for _, item in _members(raw, "resources") if _within(item, "properties", "expressionEvaluationOptions")
    ]
    return all(_is_symbolic(_within(module, "properties", "template")) for module in modules)


def _json(path: Path) -> tuple[Raw, Document]:
    return jsontext.parse(str(path), read_text(str(path), limit=_LIMIT))


def _counterpart(resources: Raw, key: str, resource: Raw) -> Raw:
    """A resource of ours in the compiled template: by its symbolic name, or where there are none, by its name."""
    if isinstance(resources, dict):
        return resources.get(key)
    name = _within(resource, "name")
    found = resources if isinstance(resources, list) else []
    return next((item for item in found if _within(item, "name") == name), None)


def _within(raw: Raw, *keys: str) -> Raw:
    for key in keys:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _comparable(raw: Raw) -> Raw:
    """What templates say that matters to definitions."""
    if not isinstance(raw, dict):
        return raw
    resources = raw.get("resources")
    return {
        "parameters": {name: _only(item, "defaultValue") for name, item in _members(raw, "parameters")},
        "variables": raw.get("variables") or {},
        "resources": {key: _resource(item) for key, item in resources.items()} if isinstance(resources, dict) else {},
        "outputs": {name: _only(item, "value", "copy") for name, item in _members(raw, "outputs")},
    }


def _members(raw: Mapping[str, Raw], name: str) -> list[tuple[str, Raw]]:
    section = raw.get(name)
    return [*section.items()] if isinstance(section, dict) else []


def _only(raw: Raw, *keys: str) -> Raw:
    return {key: _plain(raw[key]) for key in keys if key in raw} if isinstance(raw, dict) else raw


def _resource(raw: Raw) -> Raw:
    """Of a deployment, the template is compared on its own."""
    if not isinstance(raw, dict):
        return raw
    if raw.get("type") != _MODULE:
        return _plain(raw)
    properties = raw.get("properties")
    given = properties.get("parameters", {}) if isinstance(properties, dict) else {}
    kept = {key: value for key, value in raw.items() if key not in {"properties", "apiVersion", "location"}}
    return _plain({**kept, "parameters": given})


def _plain(raw: Raw) -> Raw:
    if isinstance(raw, dict):
        return {key: _plain(value) for key, value in raw.items() if key not in _PASSED_OVER}
    return [_plain(value) for value in raw] if isinstance(raw, list) else raw


def _definitions(fragment: Fragment, *, masked: bool) -> Any:
    """All definitions, in an order of their own, and what is wrong with them, without the places."""
    snapshot = assemble([fragment])
    mask = _masked if masked else str
    errors = sorted(found.message for found in fragment.diagnostics if found.severity is Severity.ERROR)
    shown = (mask(repr(_without_places(resource))) for resource in snapshot.resources)
    return {"errors": errors, "definitions": sorted(shown)}


def _masked(text: str) -> str:
    """A text without what stands in parentheses behind `reference`."""
    kept, *rest = text.split("reference(")
    for piece in rest:
        depth, end = 1, 0
        while depth and end < len(piece):
            depth += {"(": 1, ")": -1}.get(piece[end], 0)
            end += 1
        kept += f"reference(...){piece[end:]}"
    return kept


def _without_places(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        named = [(item.name, getattr(value, item.name)) for item in fields(value) if item.compare]
        kept = [(name, _without_places(child)) for name, child in named if name not in {"source", "scope"}]
        return (type(value).__name__, *kept)
    if isinstance(value, Mapping):
        return {key: _without_places(child) for key, child in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        inner = [_without_places(child) for child in value]
        return sorted(inner, key=repr) if isinstance(value, frozenset | set) else inner
    return value


def difference(ours: Any, theirs: Any, route: str = "") -> Difference | None:
    """The first difference of two trees."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in (*theirs, *(key for key in ours if key not in theirs)):
            found = difference(ours.get(key, "(absent)"), theirs.get(key, "(absent)"), f"{route}/{key}")
            if found is not None:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            found = difference(one, other, f"{route}/{index}")
            if found is not None:
                return found
        if len(ours) != len(theirs):
            longer = ours if len(ours) > len(theirs) else theirs
            rest = longer[min(len(ours), len(theirs))]
            return Difference(route, rest if longer is ours else "(absent)", rest if longer is theirs else "(absent)")
        return None
    return None if ours == theirs else Difference(route, ours, theirs)


def questions(twin: Twin) -> Iterator[tuple[str, Callable[[], Difference | None]]]:
    if twin.is_symbolic:
        yield "template", twin.template
    yield "model", twin.model
    for test in sorted((twin.pair.bicep.parent / "tests").rglob("*.test.bicep")):
        yield "tests", partial(twin.deployed_by, test)


def compare(checkout: Path, folders: list[Path], say: Callable[[str], object]) -> dict[str, Counter[str]]:
    """How many pairs are equal, by question."""
    counts = {question: Counter[str]() for question in ("template", "model", "tests")}
    for pair in (pair for folder in folders for pair in pairs(folder)):
        name = pair.bicep.relative_to(checkout)
        for question, ask in questions(Twin(checkout, pair)):
            counts[question]["tried"] += 1
            try:
                found = ask()
            except InputError as error:
                counts[question]["not read"] += 1
                say(f"{name}: {question}: {error.diagnostics[0].location}: {error.diagnostics[0].message}")
                continue
            counts[question]["equal" if found is None else "different"] += 1
            if found is not None:
                say(f"{name}: {question}: {found}")
    return counts


def table(counts: Mapping[str, Counter[str]]) -> Iterator[str]:
    columns = ("tried", "equal", "different", "not read")
    yield f"{'':10}" + "".join(f"{column:>11}" for column in columns)
    for question, count in counts.items():
        yield f"{question:10}" + "".join(f"{count[column]:11}" for column in columns)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    checkout = Path(sys.argv[1])
    folders = [checkout / name for name in sys.argv[2:]] or [checkout]
    counts = compare(checkout, folders, lambda line: sys.stdout.write(f"{line}\n"))
    sys.stdout.writelines(f"{line}\n" for line in table(counts))


if __name__ == "__main__":
    main()
