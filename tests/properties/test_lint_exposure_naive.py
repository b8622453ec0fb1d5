"""What the linter says of ports that the internet reaches, against one flow after another; and that no baseline hides
what opens."""

from __future__ import annotations

import random

import pytest

from nwpolicy.azure.assumptions import DEFAULTS
from nwpolicy.azure.paths import Estate
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.assembly import assemble
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.protocols import TCP
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.lint.answer import Options
from nwpolicy.queries.lint.baseline import baseline_text, parse_baseline
from nwpolicy.queries.lint.linting import lint
from nwpolicy.queries.lint.uses import example
from nwpolicy.readers.load import read_text

RULES = frozenset({"NWP101", "NWP102", "NWP104"})
PORTS = (22, 3389, 445, 1433)
#: One for each half of IPv4, of which rules let in all, one half or a small part.
OUTSIDE = ("8.8.8.8", "200.1.1.1")
_WRITTEN_PORTS = ("22", "3389", "445", "1433", "22, 3389", "22, 445", "*", "1-1000", "8080")
_SOURCES = ("*", "Internet", "198.51.100.0/24", "0.0.0.0/1", "128.0.0.0/1")


def _rules(pick: random.Random, most: int) -> str:
    return "; ".join(
        f"{100 + number} r{number} {pick.choice(('allow', 'allow', 'deny'))} {pick.choice(('tcp', '*'))} "
        f"from {pick.choice(_SOURCES)} to {pick.choice(('*', '*', '10.0.1.4', '10.0.1.5'))} "
        f"port {pick.choice(_WRITTEN_PORTS)}"
        for number in range(pick.randint(1, most))
    )


def _manager(pick: random.Random) -> str:
    rules = "; ".join(
        f"{10 + number} d{number} {pick.choice(('deny', 'always-allow'))} tcp from any to any "
        f"port {pick.choice(('22', '3389', '445'))}"
        for number in range(pick.randint(0, 2))
    )
    if not rules:
        return ""
    collection = f"collection k {{ applies-to all; inbound {{ {rules} }} }}"
    return f"""\
network-manager m {{
  management-group g
  group all {{ vnet vn }}
  configuration c {{ {collection} }}
  deploy c to *
}}
"""


def _nic(pick: random.Random, number: int) -> str:
    group = "\n  nsg inner" if pick.random() < 0.3 else ""
    public = f"; public-ip p{number}" if pick.random() < 0.7 else ""
    address = f"10.0.1.{4 + number}"
    return f"nic n{number} {{{group}\n  ip i {{ address {address}; subnet vn/s{public} }}\n}}\n"


def _pieces(pick: random.Random) -> list[str]:
    return [
        f"nsg web {{ inbound {{ {_rules(pick, 4)} }} }}\n",
        f"nsg inner {{ inbound {{ {_rules(pick, 3)} }} }}\n",
        _manager(pick),
        _nic(pick, 0),
        _nic(pick, 1),
    ]


def _read(pieces: list[str]) -> Snapshot:
    network = "vnet vn { location westeurope; address 10.0.0.0/16; subnet s { address 10.0.1.0/24; nsg web } }\n"
    public = "".join(f"public-ip p{number} {{ sku Standard }}\n" for number in range(2))
    return assemble([read_text("estate.nwp", network + public + "".join(pieces))])


def _exposed(snapshot: Snapshot) -> set[str]:
    estate = Estate(snapshot, DEFAULTS)
    found = set()
    for nic in snapshot.all(NetworkInterface):
        (configuration,) = nic.ip_configurations
        if configuration.public_ip_address is None:
            continue
        subject = estate.subject_of(nic)
        chain = estate.chain(subject, Direction.INBOUND).chain
        for port in PORTS:
            asked = (
                FlowSet(
                    IntervalSet(8, ((TCP, TCP),)),
                    source=AddressSet.parse(address),
                    destination=subject.local,
                    destination_port=IntervalSet(16, ((port, port),)),
                )
                for address in OUTSIDE
            )
            if any(evaluate(chain, example(flows)).allowed for flows in asked):
                found.add(f"tcp {port} of {nic.name}")
    return found


@pytest.mark.parametrize("seed", range(40))
def test_exposures_are_those_of_single_flows_and_no_baseline_hides_one_that_opens(seed: int) -> None:
    pick = random.Random(seed)
    before = _pieces(pick)
    after = [*before]
    changed = pick.randrange(len(before))
    after[changed] = _pieces(pick)[changed]
    old, new = _read(before), _read(after)
    known = lint(old, Options(selected=RULES, lowest=Severity.NOTE)).findings
    said = {part for finding in known for part in finding.parts}
    asked = {f"tcp {port} of {nic.name}" for port in PORTS for nic in old.all(NetworkInterface)}
    assert said & asked == _exposed(old)
    baseline = parse_baseline(baseline_text(known))
    if _exposed(new) - _exposed(old):
        assert lint(new, Options(selected=RULES, lowest=Severity.NOTE, baseline=baseline)).findings
    assert lint(old, Options(selected=RULES, lowest=Severity.NOTE, baseline=baseline)).findings == ()
