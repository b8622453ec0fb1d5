"""Compares the linter with the verdicts that other scanners' own tests and documentation expect of their checks.

    python -m tests.comparison [--checkov CHECKOUT] > docs/comparison.md

writes the page that `tests/conformance/test_other_scanners.py` compares with what is found now. With a checkout of
bridgecrewio/checkov its files are read instead of the copies in `tests/data`.

Many of these examples are no complete configurations. Each resource is looked at by itself; arguments that the provider
or Azure requires and that it leaves out are added as `*`, and what it refers to, as an empty resource or a variable.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.ports import parse_ports
from nwpolicy.queries.lint.answer import Options
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.linting import lint
from nwpolicy.readers.load import load
from nwpolicy.readers.terraform.hcl import parse
from nwpolicy.readers.terraform.hcl.syntax import Block

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
PAGE = ROOT / "docs" / "comparison.md"
OPTIONS = Options(selected=frozenset(CATALOGUE))

Says = Callable[[Finding], bool]


@dataclass(frozen=True)
class Check:
    """A check of another scanner, and which findings of ours are its counterpart."""

    tool: str
    name: str
    title: str
    says: Says


@dataclass(frozen=True)
class Case:
    """One resource of an example, and the verdict that its authors expect. `why` is given where ours is another."""

    check: Check
    example: str
    expected: str
    findings: Callable[[], Sequence[Finding] | None]
    why: str = ""


@dataclass(frozen=True)
class Result:
    case: Case
    ours: str
    rules: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return self.ours == self.case.expected


def result(case: Case) -> Result:
    found = case.findings()
    if found is None:
        return Result(case, "refused", ())
    said = [finding for finding in found if case.check.says(finding)]
    rules = dict.fromkeys(f"{one.rule}{'' if one.certain else ', may be'}" for one in said)
    return Result(case, "fail" if said else "pass", tuple(rules))


# --- which findings are whose counterpart ---

#: What is said of a rule that opens every port: then the other ports are not named as well.
_EVERY = "22, 3389, 5800, 5900, 5985-5986"
_PORTS = re.compile(r"ports? ([0-9, -]+[0-9])")


def opens(*ports: int) -> Says:
    """A port can be reached from the internet."""

    def says(finding: Finding) -> bool:
        found = _PORTS.search(finding.message) if finding.rule in {"NWP101", "NWP102", "NWP104", "NWP105"} else None
        if found is None:
            return False
        named = [parse_ports(part.strip()) for part in found[1].split(",")]
        return found[1] == _EVERY or any(port in numbers for port in ports for numbers in named)

    return says


def of(*rules: str) -> Says:
    return lambda finding: finding.rule in rules


def opens_udp(finding: Finding) -> bool:
    return finding.rule in {"NWP102", "NWP104", "NWP105"} and (finding.witness or "").startswith("udp")


_CHECKOV = {
    "CKV_AZURE_10": ("SSH from the internet", opens(22)),
    "CKV_AZURE_9": ("RDP from the internet", opens(3389)),
    "CKV_AZURE_160": ("HTTP from the internet", opens(80)),
    "CKV_AZURE_77": ("UDP from the internet", opens_udp),
    "CKV2_AZURE_31": ("subnet without a group", of("NWP302")),
    "CKV_AZURE_119": ("interface with a public address", of("NWP106", "NWP101")),
}
_SENSITIVE = (20, 21, 23, 25, 53, 110, 135, 139, 143, 161, 389, 636, 993, 995, 1433, 1521, 3306, 5432, 6379)
_TRIVY = {
    "AZU-0047": ("ingress from anywhere", of("NWP106", "NWP101")),
    "AZU-0048": ("RDP from anywhere", opens(3389)),
    "AZU-0050": ("SSH from anywhere", opens(22)),
    "AZU-0051": ("egress to anywhere", of("NWP107")),
    "AZU-0074": ("sensitive port from anywhere", opens(*_SENSITIVE)),
    "AZU-0075": ("interface with IP forwarding", of("NWP504")),
    "AZU-0076": ("interface with a public address", of("NWP106", "NWP101")),
}
_PSRULE = {
    "Azure.NSG.AnyInboundSource": ("inbound rule for any source", of("NWP101", "NWP103", "NWP106")),
    "Azure.NSG.DenyAllInbound": ("everything inbound is denied, probes too", of("NWP201", "NWP204", "NWP208")),
    "Azure.NSG.LateralTraversal": ("SSH and RDP to other machines", of("NWP108")),
    "Azure.NSG.Associated": ("group attached to nothing", of("NWP301")),
    "Azure.NSG.AKSRules": ("rules of one's own in a group of AKS", lambda _: False),
    "Azure.NSG.Name": ("name of a group", of("NWP404")),
    "Azure.VNET.UseNSGs": ("subnet without a group", of("NWP302")),
    "Azure.VNET.PeerState": ("peering that is not connected", of("NWP512")),
    "Azure.VNET.Name": ("name of a virtual network", of("NWP404")),
    "Azure.VNET.SubnetName": ("name of a subnet", of("NWP404")),
}


def _check(tool: str, name: str, of_tool: Mapping[str, tuple[str, Says]]) -> Check:
    return Check(tool, name, *of_tool[name])


# --- examples in Terraform ---

_NAMES = re.compile(
    r"\b(data\.)?(azurerm_(?:resource_group|virtual_network|subnet|public_ip)|azurerm_network_security_group)\.(\w[\w-]*)\."
)
_VARIABLE = re.compile(r"\b(?:var|local)\.(\w+)")
_STUBS = {
    "azurerm_resource_group": 'location = "westeurope"',
    "azurerm_virtual_network": """\
location = "westeurope"
  resource_group_name = "rg"
  address_space = ["10.0.0.0/8", "192.0.0.0/16"]""",
}
_RULE_ARGUMENTS = {
    "name": '"example"',
    "priority": "100",
    "direction": '"Inbound"',
    "access": '"Allow"',
    "protocol": '"*"',
    "source_port_range": '"*"',
    "destination_port_range": '"*"',
    "source_address_prefix": '"*"',
    "destination_address_prefix": '"*"',
}
_STANDING = {"network_security_group_name": '"nsg"', "resource_group_name": '"rg"'}
_SHOWN = {"azurerm_network_security_rule", "azurerm_network_security_group"}


def configuration(text: str, address: str) -> str:
    """The resource at an address as a configuration that is complete."""
    type, name = address.split(".")
    blocks = [block for block in parse(text).blocks if block.type == "resource"]
    chosen = [block for block in blocks if block.labels == (type, name) or type not in _SHOWN]
    own = "\n".join(_completed(text, block) for block in chosen)
    own = own.replace("local.", "var.")
    declared = {block.labels for block in chosen}
    stubs = [
        f'{"data" if data else "resource"} "{kind}" "{label}" {{\n  name = "{label}"\n  {_STUBS[kind]}\n}}'
        for data, kind, label in dict.fromkeys(found.groups() for found in _NAMES.finditer(own))
        if kind in _STUBS and (kind, label) not in declared
    ]
    written = {b.labels[0]: text[b.start : b.end] for b in parse(text).blocks if b.type == "variable"}
    variables = [written.get(name, f'variable "{name}" {{}}') for name in dict.fromkeys(_VARIABLE.findall(own))]
    return "\n".join((own, *stubs, *variables)) + "\n"


def _completed(text: str, block: Block) -> str:
    """The text of a block with the arguments of rules that are missing."""
    own = text[block.start : block.end]
    for inner in sorted((b for b in (*block.body.blocks, block)), key=lambda b: -b.start):
        is_rule = inner.type == "security_rule" or inner.labels[:1] == ("azurerm_network_security_rule",)
        if is_rule:
            at = text.index("{", inner.start) + 1 - block.start
            own = own[:at] + "".join(f"\n{name} = {value}" for name, value in _missing(inner)) + own[at:]
    return own


def _missing(block: Block) -> Iterator[tuple[str, str]]:
    required = {**_RULE_ARGUMENTS, **(_STANDING if block.labels else {})}
    for name, value in required.items():
        plural = name + ("s" if name.endswith("range") else "es")
        if name not in block.body.attributes and plural not in block.body.attributes:
            yield name, value


def terraform(text: str, address: str, values: str = "") -> Sequence[Finding] | None:
    """The findings about one resource; None where it cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf").write_text(configuration(text, address), encoding="utf-8")
        if values:
            Path(folder, "terraform.tfvars").write_text(values, encoding="utf-8")
        _, _, name = address.partition(".")
        found = _findings(folder)
    if found is None or address.startswith(tuple(_SHOWN)):
        return found
    return [one for one in found if name in one.subject or name.replace("_", "-") in one.subject]


def _findings(path: str | Path) -> Sequence[Finding] | None:
    try:
        return lint(load(str(path)), OPTIONS).findings
    except InputError:
        return None


# --- checkov ---

_REFUSED = "Azure and the provider accept no such prefix: the error says so, with its place"
_ADDRESSES = {"<nw>/0": _REFUSED, "/0": _REFUSED}


def checkov(checkout: Path | None = None) -> Iterator[Case]:
    yield from _checkov_terraform(checkout)
    yield from _checkov_templates(checkout)


def _checkov_terraform(checkout: Path | None) -> Iterator[Case]:
    for name, folder, verdicts in _CHECKOV_EXAMPLES:
        check = _check("checkov", name, _CHECKOV)
        path = _checkov_file(checkout, folder)
        text = path.read_text(encoding="utf-8")
        tfvars = path.parent / "terraform.tfvars"
        values = tfvars.read_text(encoding="utf-8") if tfvars.is_file() else ""
        if values:
            text = (path.parent / "variables.tf").read_text(encoding="utf-8") + "\n" + text
        for address, (expected, why) in verdicts.items():
            yield Case(check, f"{folder}: {address}", expected, partial(terraform, text, address, values), why)


def _checkov_file(checkout: Path | None, folder: str) -> Path:
    name = "dynamic.tf" if folder.endswith("map_example") else "main.tf"
    if checkout is None:
        return DATA / "scanners" / "checkov" / folder / name
    graph = checkout / "tests/terraform/graph/checks/resources" / folder / name
    return graph if graph.is_file() else checkout / f"tests/terraform/checks/resource/azure/example_{folder}" / name


_RULE, _GROUP = "azurerm_network_security_rule", "azurerm_network_security_group"
Verdicts = dict[str, tuple[str, str]]


def _port_verdicts(port: str, own: str) -> Verdicts:
    passed = [f"{_RULE}.https", f"{_RULE}.{port}_restricted_prefixes", f"{_GROUP}.{port}_restricted"]
    failed = [f"{_RULE}.{name}" for name in (own, "all", "range", "ranges_prefixes")] + [f"{_GROUP}.ranges"]
    return {**dict.fromkeys(passed, ("pass", "")), **dict.fromkeys(failed, ("fail", ""))}


_UDP = {
    f"{kind}.{name}": (verdict, _ADDRESSES.get(source, ""))
    for kind in (_RULE, _GROUP)
    for name, verdict, source in (
        *(
            (f"fail{n}", "fail", source)
            for n, source in (("", "*"), (2, "any"), (3, "<nw>/0"), (4, "/0"), (5, "Internet"))
        ),
        *((f"pass{n}", "pass", "*") for n in ("", 2, 3)),
    )
}
_CLOSED = "its public address is of the SKU Standard, which lets nothing in without a group that allows it"
_CHECKOV_EXAMPLES: tuple[tuple[str, str, Verdicts], ...] = (
    ("CKV_AZURE_10", "NSGRuleSSHAccessRestricted", _port_verdicts("ssh", "ssh")),
    (
        "CKV_AZURE_9",
        "NSGRuleRDPAccessRestricted",
        {
            **_port_verdicts("rdp", "rdp"),
            f"{_RULE}.ranges_prefixes_lower_case": ("fail", ""),
            f"{_RULE}.range_prefix_lower_case": ("fail", ""),
            f"{_GROUP}.snet_nsgs": ("pass", ""),
        },
    ),
    ("CKV_AZURE_160", "NSGRuleHTTPAccessRestricted", _port_verdicts("http", "http")),
    (
        "CKV_AZURE_160",
        "NSGRuleHTTPAccessRestricted/dynamic_block_map_example",
        {f"{_GROUP}.dynamic_nsg_fail": ("fail", ""), f"{_GROUP}.dynamic_nsg_pass": ("pass", "")},
    ),
    ("CKV_AZURE_77", "NSGRuleUDPAccessRestricted", _UDP),
    (
        "CKV2_AZURE_31",
        "AzureSubnetConfigWithNSG",
        {
            "azurerm_subnet.pass": ("pass", ""),
            "azurerm_subnet.pass_netapp": ("pass", ""),
            "azurerm_subnet.fail_3": ("fail", ""),
            "azurerm_subnet.fw-snet": ("pass", ""),
            "azurerm_subnet.gw_snet": ("pass", ""),
        },
    ),
    (
        "CKV_AZURE_119",
        "AzureNetworkInterfacePublicIPAddressId",
        {"azurerm_network_interface.good": ("pass", ""), "azurerm_network_interface.bad": ("fail", _CLOSED)},
    ),
)
_TEMPLATES = {"FAILED": "fail", "RULE-1Pass-1Fail": "fail", "RULE-PASSED": "pass"}


def _checkov_templates(checkout: Path | None) -> Iterator[Case]:
    folder = DATA / "arm/checkov" if checkout is None else checkout / "tests/arm/checks/resource"
    for check_id, name in (("CKV_AZURE_10", "SSH"), ("CKV_AZURE_9", "RDP"), ("CKV_AZURE_160", "HTTP")):
        for file, expected in _TEMPLATES.items():
            path = folder / f"example_NSGRule{name}AccessRestricted/NSGRulePortAccessRestricted-{file}.json"
            check = _check("checkov", check_id, _CHECKOV)
            yield Case(check, f"{path.parent.name}/{path.name}", expected, partial(_findings, path))


# --- trivy-checks ---

_APPLIANCE = "an appliance needs it; we find the reverse, a next hop that does not forward (NWP504)"
_TRIVY_WHY = {
    "AZU-0047/good-1": "it names no source, which Azure requires; with any source added it is open",
    "AZU-0047/good-2": "Terraform refuses a text where a list belongs (destination_port_ranges)",
    "AZU-0048/bad-1/azurerm_network_security_group": 'Azure accepts no port "any"',
    "AZU-0048/good-1/azurerm_network_security_group": 'Azure accepts no port "any"',
    "AZU-0075/bad-1": _APPLIANCE,
    "AZU-0076/bad-1": _CLOSED,
}


def trivy() -> Iterator[Case]:
    for path in sorted((DATA / "scanners/trivy-checks").glob("*/*.tf")):
        text = path.read_text(encoding="utf-8")
        key = f"{path.parent.name}/{path.stem}"
        for block in parse(text).blocks:
            address = ".".join(block.labels)
            if block.labels[0] in {*_SHOWN, "azurerm_network_interface"}:
                expected = "fail" if path.stem.startswith("bad") else "pass"
                check = _check("trivy-checks", path.parent.name, _TRIVY)
                yield Case(
                    check,
                    f"{path.stem}: {address}",
                    expected,
                    partial(terraform, text, address),
                    _TRIVY_WHY.get(f"{key}/{block.labels[0]}", _TRIVY_WHY.get(key, "")),
                )


# --- PSRule for Azure ---

_ANY_PORT = "it looks at whether the first rule is for every source, and not at what it denies: only port 3389"
_SSH = "denying RDP is enough for it; SSH is still let out, and we say so"
_INTERNET = "it looks for `*`, and the rule says Internet, which is any source on the internet"
_BASTION = "Azure Bastion works without a group, and nothing else may be in that subnet"
_AKS = "who may add rules to a group, told by their names, is another question; what the rule lets in is NWP106"
_GROUPS = ("nsg-A", "nsg-B", "nsg-C", "nsg-D", "nsg-E", "nsg-subnet1", "nsg-subnet2", "nsg-extra")
_MANAGED = ("aks-agentpool-00000000-nsg", "aks-agentpool-00000001-nsg")
#: For each check the resources that fail, those that pass, and why ours is another verdict about some of them.
_PSRULE_EXAMPLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Mapping[str, str]]] = {
    "Azure.NSG.AnyInboundSource": (
        ("nsg-B",),
        (*(name for name in _GROUPS if name != "nsg-B"), *_MANAGED),
        dict.fromkeys(_MANAGED, _INTERNET),
    ),
    "Azure.NSG.DenyAllInbound": (
        ("nsg-C", "nsg-subnet1", "nsg-extra"),
        ("nsg-A", "nsg-B", "nsg-D", "nsg-E", "nsg-subnet2", *_MANAGED),
        {"nsg-subnet1": _ANY_PORT, "nsg-extra": _ANY_PORT},
    ),
    "Azure.NSG.LateralTraversal": (
        ("nsg-C", "nsg-subnet2", "nsg-extra", *_MANAGED),
        ("nsg-A", "nsg-B", "nsg-D", "nsg-E", "nsg-subnet1"),
        {"nsg-A": _SSH, "nsg-B": _SSH},
    ),
    "Azure.NSG.Associated": (("nsg-B", "nsg-C", "nsg-D", "nsg-E"), ("nsg-A",), {}),
    "Azure.NSG.AKSRules": (_MANAGED[1:], _MANAGED[:1], {_MANAGED[1]: _AKS}),
    "Azure.VNET.UseNSGs": (
        (
            "vnet-B/AzureBastionSubnet",
            *(f"vnet-{network}/subnet-{subnet}" for network in "BCD" for subnet in "BCD"),
            "vnet-G/subnet-ZZ",
        ),
        ("vnet-A", "vnet-E", "vnet-F"),
        {"vnet-B/AzureBastionSubnet": _BASTION},
    ),
    "Azure.VNET.PeerState": (("vnet-C",), ("vnet-A", "vnet-B"), {}),
}
_NAMED: Mapping[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "Azure.NSG.Name": (
        "nsg",
        "",
        ("_nsg-001", "-nsg-001", "nsg-001-", "nsg-001."),
        ("nsg-001", "nsg-001_", "NSG.001", "n", "NSG-001"),
    ),
    "Azure.VNET.Name": (
        "vnet",
        "address 10.0.0.0/16",
        ("_vnet-001", "-vnet-001", "vnet-001-", "v", "vnet-001."),
        ("vnet-001", "vnet-001_", "VNET.001", "VNET-001"),
    ),
    "Azure.VNET.SubnetName": (
        "subnet",
        "address 10.0.0.0/24",
        ("_snet-001", "-snet-001", "snet-001-", "snet-001."),
        ("snet-001", "snet-001_", "SNET.001", "s", "GatewaySubnet"),
    ),
}


def psrule() -> Iterator[Case]:
    folder = DATA / "scanners/psrule"
    every = _findings(folder / "networks.json") or ()
    for check_id, (failed, passed, why) in _PSRULE_EXAMPLES.items():
        check = _check("PSRule.Rules.Azure", check_id, _PSRULE)
        for name in (*failed, *passed):
            own = [one for one in every if _is_about(one, name)]
            expected = "fail" if name in failed else "pass"
            yield Case(check, name, expected, partial(list, own), why.get(name, ""))
    template = _findings(folder / "vnet.tests.json") or ()
    for name, expected in (("vnet-002/subnet-extra", "fail"), ("vnet-001", "pass")):
        own = [one for one in template if _is_about(one, name)]
        yield Case(_check("PSRule.Rules.Azure", "Azure.VNET.UseNSGs", _PSRULE), name, expected, partial(list, own))
    for check_id, (kind, fields, failed, passed) in _NAMED.items():
        check = _check("PSRule.Rules.Azure", check_id, _PSRULE)
        for name in (*failed, *passed):
            text = f'{kind} "{name}" {{ {fields} }}\n'
            whole = f"vnet net {{ address 10.0.0.0/16; {text} }}\n" if kind == "subnet" else text
            yield Case(check, name, "fail" if name in failed else "pass", partial(_said_of, whole))


def _is_about(finding: Finding, name: str) -> bool:
    return f"/{name}/" in f"/{finding.subject}/" or name in finding.message.split()


def _said_of(text: str) -> Sequence[Finding] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "named.nwp")
        path.write_text(text, encoding="utf-8")
        return _findings(path)


# --- the page ---

_HEAD = """\
# What other scanners say

checkov, trivy and PSRule for Azure look at one resource, mostly at one rule, at a time. The linter of nwpolicy decides
what really gets through, after every rule and layer. This page compares the two on the examples with which these tools
test or document their own checks: the verdict that their authors expect, and ours. It is made by
`python -m tests.comparison` and compared with what is found in every test run.

"may be" stands behind our rule where the example does not show what a group is attached to. NWP106, NWP107, NWP108 and
NWP208 are only looked for if selected. Many examples are no complete configurations; required arguments that they leave
out are added as `*`.
"""
_OUTSIDE = """
## What is not compared

Checks that are not about which flows get through:

- flow logs and their retention (CKV_AZURE_12, AZU-0049, AZU-0073), DNS servers of virtual networks and interfaces
  (CKV_AZURE_182, CKV_AZURE_183, Azure.VNET.SingleDNS, Azure.VNET.LocalDNS, Azure.NIC.UniqueDns), the serial console
  (CKV2_AZURE_39), interfaces and addresses that nothing uses (Azure.NIC.Attached, Azure.PublicIP.IsAttached), and the
  SKUs, zones and modes of load balancers, addresses and firewalls (Azure.LB, Azure.PublicIP, Azure.Firewall);
- names after a scheme of one's own (Azure.NSG.Naming, Azure.VNET.Naming, Azure.VNET.SubnetNaming, Azure.Route.Naming).
  What Azure accepts as the name of a route table or an interface (Azure.Route.Name, Azure.NIC.Name) is NWP404 too;
- advice about what to build: a bastion and a firewall wherever there is a gateway (Azure.VNET.BastionSubnet,
  Azure.VNET.FirewallSubnet), a NAT gateway for the firewall (Azure.VNET.FirewallSubnetNAT), subnets without default
  outbound access (Azure.VNET.PrivateSubnet). What rules let out to the internet is NWP107, by whatever address it goes;
- public addresses of machines (Azure.VM.PublicIPAttached, Azure.VMSS.PublicIPAttached), which are as CKV_AZURE_119, and
  IP forwarding of an interface (CKV_AZURE_118), which is as AZU-0075 in the table.
"""


def results(checkout: Path | None = None) -> list[Result]:
    return [result(case) for case in (*checkov(checkout), *trivy(), *psrule())]


def page(found: Sequence[Result]) -> str:
    lines = [_HEAD]
    differing = [one for one in found if not one.agrees]
    lines.append(f"Of {len(found)} verdicts {len(found) - len(differing)} are the same, {len(differing)} differ.\n")
    for tool in dict.fromkeys(one.case.check.tool for one in found):
        lines += [
            f"## {tool}\n",
            "| check | about | example | expected | ours | why ours differs |",
            "| --- " * 6 + "|",
        ]
        lines += [_row(one) for one in found if one.case.check.tool == tool]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n" + _OUTSIDE


def _row(one: Result) -> str:
    ours = f"{one.ours} ({'; '.join(one.rules)})" if one.rules else one.ours
    cells = one.case.check.name, one.case.check.title, one.case.example, one.case.expected, ours, one.case.why
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkov", type=Path, help="a checkout of bridgecrewio/checkov")
    sys.stdout.write(page(results(parser.parse_args().checkov)))


if __name__ == "__main__":
    main()
