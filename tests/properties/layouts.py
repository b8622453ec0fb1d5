"""One group of rules in each format, laid out at random: comments, blank lines, lists over one line or several."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final, TypeAlias

__all__ = ["WRITERS", "texts_of"]

RuleJson: TypeAlias = Mapping[str, Any]

LISTS: Final = {
    "sourceAddressPrefix": "sourceAddressPrefixes",
    "destinationAddressPrefix": "destinationAddressPrefixes",
    "destinationPortRange": "destinationPortRanges",
}


def texts_of(rule: RuleJson, key: str) -> list[str]:
    """What a rule has in one of its lists, in whichever of the two fields it is."""
    return [*([rule[key]] if rule.get(key) is not None else []), *rule.get(LISTS[key], ())]


class Layout:
    """Chooses how text is laid out; each comment has a name of its own."""

    def __init__(self, random: Random, sign: str) -> None:
        self._random = random
        self._sign = sign
        self._names = 0

    def often(self) -> bool:
        return self._random.random() < 0.5

    def _comment(self) -> str:
        self._names += 1
        said = ("{}", "{}, \"'[{{", "nwpolicy: ignore[NWP405] {}", "{},")
        return f"{self._sign} {self._random.choice(said).format(f'comment{self._names}')}"

    def above(self, indent: str) -> str:
        return self._random.choice(("", "", "", "\n", f"{indent}{self._comment()}\n"))

    def behind(self) -> str:
        return self._random.choice(("", "", "", f" {self._comment()}"))

    def shuffled(self, texts: Sequence[str]) -> list[str]:
        return self._random.sample(texts, len(texts))

    def array(self, texts: Sequence[str], indent: str, *, commas: bool = True, last: bool = False) -> str:
        """A list in brackets; `commas` end its lines, the `last` of them too, perhaps."""
        if self.often():
            return f"[{', '.join(texts)}]"
        ends = [","] * (len(texts) - 1) + ["," if last and self.often() else ""]
        lines = (
            f"{self.above(indent)}{indent}  {text}{end if commas else ''}{self.behind()}\n"
            for text, end in zip(texts, ends, strict=True)
        )
        return f"[\n{''.join(lines)}{indent}]"

    def block(self, fields: Sequence[str], indent: str, end: str = "") -> str:
        """A field a line, all but the last of which have an end."""
        ends = [end] * (len(fields) - 1) + [""]
        rows = zip(self.shuffled(fields), ends, strict=True)
        return "".join(f"{self.above(indent)}{indent}{field}{mark}{self.behind()}\n" for field, mark in rows)


def plain(rule: RuleJson) -> dict[str, str]:
    return {key: str(rule[key]) for key in ("name", "direction", "access", "protocol", "sourcePortRange")}


def in_json(rules: Sequence[RuleJson], random: Random) -> str:
    layout = Layout(random, "//")
    blocks = [f"{{{layout.behind()}\n{layout.block(_json_fields(rule, layout), '    ', ',')}  }}" for rule in rules]
    ends = [","] * (len(rules) - 1) + [""]
    lines = (f"{layout.above('  ')}  {one}{end}{layout.behind()}\n" for one, end in zip(blocks, ends, strict=True))
    return f'{{"nwpolicy": 1, "networkSecurityGroups": [{{"name": "web", "securityRules": [\n{"".join(lines)}]}}]}}\n'


def _json_fields(rule: RuleJson, layout: Layout) -> list[str]:
    fields = [f'"{key}": "{text}"' for key, text in plain(rule).items()]
    for key, plural in LISTS.items():
        quoted = [f'"{text}"' for text in texts_of(rule, key)]
        fields.append(f'"{key}": {quoted[0]}' if len(quoted) == 1 else f'"{plural}": {layout.array(quoted, "    ")}')
    return [*fields, f'"priority": {rule["priority"]}']


def in_bicep(rules: Sequence[RuleJson], random: Random) -> str:
    layout = Layout(random, "//")
    group = "resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {\n  name: 'web'\n"
    if layout.often():
        kind = "'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01'"
        alone = (_bicep_rule(rule, layout, f"resource {rule['name']} {kind} = ", "  parent: web\n") for rule in rules)
        return f"{group}}}\n{''.join(alone)}"
    within = "".join(_bicep_rule(rule, layout, "", "") for rule in rules)
    return f"{group}  properties: {{\n    securityRules: [\n{within}    ]\n  }}\n}}\n"


def _bicep_rule(rule: RuleJson, layout: Layout, head: str, more: str) -> str:
    texts = plain(rule)
    name = texts.pop("name")
    fields = [f"priority: {rule['priority']}", *(f"{key}: '{text}'" for key, text in texts.items())]
    for key, plural in LISTS.items():
        quoted = [f"'{text}'" for text in texts_of(rule, key)]
        several = f"{plural}: {layout.array(quoted, '    ', commas=False)}"
        fields.append(f"{key}: {quoted[0]}" if len(quoted) == 1 else several)
    body = f"{more}  name: '{name}'{layout.behind()}\n  properties: {{\n{layout.block(fields, '    ')}  }}\n"
    return f"{layout.above('')}{head}{{{layout.behind()}\n{body}}}{layout.behind()}\n"


def in_terraform(rules: Sequence[RuleJson], random: Random) -> str:
    layout = Layout(random, random.choice(("#", "//")))
    group = 'resource "azurerm_network_security_group" "web" {\n  name = "web"\n  location = "westeurope"\n'
    group += '  resource_group_name = "rg"\n'
    if layout.often():
        part = ["network_security_group_name = azurerm_network_security_group.web.name", 'resource_group_name = "rg"']
        kind = "azurerm_network_security_rule"
        alone = (_terraform_rule(rule, layout, f'resource "{kind}" "{rule["name"]}"', part) for rule in rules)
        return f"{group}}}\n{''.join(alone)}"
    return f"{group}{''.join(_terraform_rule(rule, layout, 'security_rule', []) for rule in rules)}}}\n"


def _terraform_rule(rule: RuleJson, layout: Layout, head: str, more: Sequence[str]) -> str:
    fields = [f'{_snake(key)} = "{text}"' for key, text in plain(rule).items()]
    for key, plural in LISTS.items():
        quoted = [f'"{text}"' for text in texts_of(rule, key)]
        several = f"{_snake(plural)} = {layout.array(quoted, '  ', last=True)}"
        fields.append(f"{_snake(key)} = {quoted[0]}" if len(quoted) == 1 else several)
    body = layout.block([*fields, *more, f"priority = {rule['priority']}"], "  ")
    return f"{layout.above('')}{head} {{{layout.behind()}\n{body}}}{layout.behind()}\n"


def _snake(key: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key)


def in_yaml(rules: Sequence[RuleJson], random: Random) -> str:
    layout = Layout(random, "#")
    lines = (_yaml_rule(rule, layout) for rule in rules)
    return f"nwpolicy: 1\nnetworkSecurityGroups:\n  - name: web\n    securityRules:\n{''.join(lines)}"


def _yaml_rule(rule: RuleJson, layout: Layout) -> str:
    texts = plain(rule)
    name = texts.pop("name")
    fields = [f"priority: {rule['priority']}", *(f'{key}: "{text}"' for key, text in texts.items())]
    for key, plural in LISTS.items():
        quoted = [f'"{text}"' for text in texts_of(rule, key)]
        if len(quoted) == 1:
            fields.append(f"{key}: {quoted[0]}")
        elif layout.often():
            fields.append(f"{plural}: [{', '.join(quoted)}]")
        else:
            entries = (f"\n{layout.above('          ')}          - {text}" for text in quoted)
            fields.append(f"{plural}:{''.join(entries)}")
    head = f"{layout.above('      ')}      - name: {name}{layout.behind()}\n"
    return f"{head}{layout.block(fields, '        ')}"


def in_nwp(rules: Sequence[RuleJson], random: Random) -> str:
    layout = Layout(random, "#")
    lines = (f"{layout.above('    ')}    {_nwp_rule(rule, layout)}{layout.behind()}\n" for rule in rules)
    return f"nsg web {{\n  inbound {{\n{''.join(lines)}  }}\n}}\n"


def _nwp_rule(rule: RuleJson, layout: Layout) -> str:
    ends = [", " if layout.often() else f",{layout.behind()}\n      " for _ in LISTS]
    source, destination, port = (end.join(texts_of(rule, key)) for key, end in zip(LISTS, ends, strict=True))
    head = f"{rule['priority']} {rule['name']} {rule['access'].lower()} tcp"
    return f"{head} from {source} to {destination} port {port}"


#: By the name of a file, what writes it.
WRITERS: Final[Mapping[str, Callable[[Sequence[RuleJson], Random], str]]] = {
    "main.bicep": in_bicep,
    "main.tf": in_terraform,
    "web.json": in_json,
    "web.nwp": in_nwp,
    "web.yaml": in_yaml,
}
