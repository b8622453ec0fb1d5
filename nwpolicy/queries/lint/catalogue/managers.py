"""NWP6xx: network managers and their admin rules."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import ADMIN_RULES, HIGH_RISK
from nwpolicy.queries.lint.entry import Entry

__all__ = ["MANAGERS"]

_NETWORK: Final = """\
vnet vnet-app {
  location westeurope
  address  10.0.0.0/16
  subnet snet-app { address 10.0.1.0/24; nsg nsg-app }
}
nsg nsg-app {
  inbound {
    100 deny-scanner deny tcp from 10.9.0.0/24 to * port 1024-65535
  }
}
"""


def _manager(settings: str, rule: str, deployed: str = "guardrails") -> str:
    return f"""\
network-manager vnm {{
  management-group contoso
  group all {{ vnet vnet-app }}
  configuration guardrails {{{settings}
    collection baseline {{
      applies-to all
      inbound {{
        {rule}
      }}
    }}
  }}
  deploy {deployed} to westeurope
}}
{_NETWORK}"""


_PLAIN: Final = _manager("", "10 deny-ssh deny tcp from 198.51.100.0/24 to any port 22")

MANAGERS: Final = (
    Entry(
        id="NWP601",
        name="allow-instead-of-always-allow",
        summary="network security groups deny all that an admin rule allows",
        severity=Severity.WARNING,
        rationale="An admin rule with the access Allow leaves the decision to the network security groups; only "
        "AlwaysAllow delivers whatever they say. Wherever this rule applies, such groups deny every flow that it lets "
        "on, so it allows nothing. Where their default rules are among those that deny, the rule is reported only if "
        "it is no exception from an admin rule behind it: such an exception may be meant to leave the decision to the "
        "groups, while without one the rule does nothing at all.",
        bad=_manager("", "10 allow-scanner allow tcp from 10.9.0.10 to any port 8443"),
        good=_manager("", "10 allow-scanner always-allow tcp from 10.9.0.10 to any port 8443"),
        unmended="whether a rule may overrule the network security groups is for a person to say",
        reference=ADMIN_RULES,
    ),
    Entry(
        id="NWP602",
        name="network-group-not-enabled",
        summary="an admin rule names a network group, which its configuration does not let it",
        severity=Severity.WARNING,
        rationale="Network groups as source or destination need networkGroupAddressSpaceAggregationOption to be "
        "Manual.",
        bad=_manager("", "10 deny-ssh deny tcp from 198.51.100.0/24 to group all port 22"),
        good=_manager(
            "\n    address-space-aggregation Manual", "10 deny-ssh deny tcp from 198.51.100.0/24 to group all port 22"
        ),
        reference=ADMIN_RULES,
    ),
    Entry(
        id="NWP603",
        name="several-configurations",
        summary="a region gets several security admin configurations of one manager",
        severity=Severity.WARNING,
        rationale="A network manager has one security admin configuration in a region: a later commit replaces the "
        "earlier one.",
        bad=_manager("", "10 deny-ssh deny tcp from 198.51.100.0/24 to any port 22", "guardrails, extra").replace(
            "  deploy", "  configuration extra\n  deploy"
        ),
        good=_PLAIN,
        reference=ADMIN_RULES,
    ),
    Entry(
        id="NWP604",
        name="subnet-members",
        summary="admin rules apply to a network group whose members are subnets",
        severity=Severity.WARNING,
        rationale="Security admin rules apply to whole virtual networks. What they do to a group of subnets is not "
        "documented; they are taken to apply to these subnets only.",
        bad=_PLAIN.replace("{ vnet vnet-app }", "{ subnet vnet-app/snet-app }"),
        good=_PLAIN,
        reference=ADMIN_RULES,
    ),
    Entry(
        id="NWP605",
        name="undefined-configuration",
        summary="a commit names a configuration that the input does not define",
        severity=Severity.WARNING,
        rationale="What is committed to the region cannot be told. Mostly the name is misspelled.",
        bad=_manager("", "10 deny-ssh deny tcp from 198.51.100.0/24 to any port 22", "guardrail"),
        good=_PLAIN,
        reference=HIGH_RISK,
    ),
)
