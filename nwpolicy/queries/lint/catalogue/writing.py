"""NWP4xx: how definitions are written."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import AUGMENTED, HOW_IT_WORKS, IPV6, LIMITS, NAMES, NSG, TAGS
from nwpolicy.queries.lint.entry import Entry

__all__ = ["WRITING"]

_GOOD: Final = """\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 203.0.113.0/24 to * port 443
    110 deny-https  deny  tcp from *              to * port 443
  }
}
"""
_MANY: Final = "".join(
    f"    {100 + n} allow-{n} allow tcp from asg asg-{n} to * port {1000 + 2 * n}\n" for n in range(101)
)

WRITING: Final = (
    Entry(
        id="NWP401",
        name="duplicate-priority",
        summary="two rules of one direction have the same priority",
        severity=Severity.ERROR,
        rationale="Azure refuses a group with two rules of the same priority and direction. In an admin rule "
        "collection it is not documented which of the two is tried first.",
        bad="""\
nwpolicy: 1
networkSecurityGroups:
  - name: nsg-web
    securityRules:
      - name: allow-https
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: 203.0.113.0/24
        destinationAddressPrefix: "*"
        destinationPortRange: 443
      - name: deny-https
        priority: 100
        direction: Inbound
        access: Deny
        protocol: Tcp
        sourceAddressPrefix: "*"
        destinationAddressPrefix: "*"
        destinationPortRange: 443
""",
        good=_GOOD,
        unmended="which of the two rules is to be tried first is for a person to say",
        reference=NSG,
    ),
    Entry(
        id="NWP402",
        name="priority-out-of-range",
        summary="the priority of a rule is not one that Azure accepts",
        severity=Severity.ERROR,
        rationale="Rules of a network security group have priorities from 100 to 4096, admin rules from 1 to 4096.",
        bad="""\
{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "resources": [
    {
      "type": "Microsoft.Network/networkSecurityGroups",
      "apiVersion": "2024-05-01",
      "name": "nsg-web",
      "properties": {
        "securityRules": [
          {
            "name": "allow-https",
            "properties": {
              "priority": 99,
              "direction": "Inbound",
              "access": "Allow",
              "protocol": "Tcp",
              "sourceAddressPrefix": "203.0.113.0/24",
              "sourcePortRange": "*",
              "destinationAddressPrefix": "*",
              "destinationPortRange": "443"
            }
          }
        ]
      }
    }
  ]
}
""",
        good=_GOOD,
        unmended="with another priority the rule may change places with others",
        reference=NSG,
    ),
    Entry(
        id="NWP403",
        name="duplicate-rule-name",
        summary="two rules of one group have the same name",
        severity=Severity.ERROR,
        rationale="Names of rules are unique in a group, whatever their direction and however they are capitalised.",
        bad="""\
nwpolicy: 1
networkSecurityGroups:
  - name: nsg-web
    securityRules:
      - name: web
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefix: 203.0.113.0/24
        destinationAddressPrefix: "*"
        destinationPortRange: 443
      - name: Web
        priority: 110
        direction: Inbound
        access: Deny
        protocol: Tcp
        sourceAddressPrefix: VirtualNetwork
        destinationAddressPrefix: "*"
        destinationPortRange: 443
""",
        good=_GOOD,
        unmended="logs, policies and other files know rules by their names",
        reference=NSG,
    ),
    Entry(
        id="NWP404",
        name="invalid-name",
        summary="a name is not one that Azure accepts",
        severity=Severity.WARNING,
        rationale="Names of rules, groups, networks and what is in them have up to 80 letters, digits, '.', '-' and "
        "'_', begin with a letter or digit, and end with one of these or '_'. Those of virtual networks have 2 to 64.",
        bad="""\
nsg nsg-web {
  inbound {
    100 "allow https" allow tcp from 203.0.113.0/24 to * port 443
  }
}
""",
        good=_GOOD,
        unmended="logs, policies and other files know things by their names",
        reference=NAMES,
    ),
    Entry(
        id="NWP405",
        name="host-bits",
        summary="a prefix has bits set behind its length",
        severity=Severity.WARNING,
        rationale="10.1.2.3/16 means 10.1.0.0/16: more than the one machine, and less than it says if another network "
        "was meant. Some of Azure's resources refuse such a prefix, others mask it without a word.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-office allow tcp from 203.0.113.7/24 to * port 443
  }
}
""",
        good=_GOOD,
        mended="the prefix is written as it is read",
        reference=NSG,
    ),
    Entry(
        id="NWP406",
        name="overlapping-entries",
        summary="an entry of a list is within the others, or overlaps with one of them",
        severity=Severity.NOTE,
        rationale="The prefix or port adds nothing to what the other entries of its list stand for, or the range of "
        "ports has some in common with another one. Azure refuses some of such lists as overlapping.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-office allow tcp from 203.0.113.0/24, 203.0.113.7 to * port 443
  }
}
""",
        good=_GOOD,
        mended="the entry goes. Of ranges of ports that overlap, the first one becomes what both stand for",
        reference=AUGMENTED,
    ),
    Entry(
        id="NWP407",
        name="mixed-families",
        summary="a rule has IPv4 and IPv6 prefixes",
        severity=Severity.WARNING,
        rationale="Azure does not accept prefixes of both families in one rule; of a network group with addresses of "
        "both an admin rule uses the IPv4 ones only.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-office allow tcp from 203.0.113.0/24, 2001:db8::/48 to * port 443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-office-ipv4 allow tcp from 203.0.113.0/24 to * port 443
    110 allow-office-ipv6 allow tcp from 2001:db8::/48  to * port 443
  }
}
""",
        unmended="the rule for the other family needs a name and a priority, which a person gives",
        reference=IPV6,
    ),
    Entry(
        id="NWP408",
        name="azure-limit",
        summary="there is more of something than Azure accepts",
        severity=Severity.WARNING,
        rationale="A group has at most 1,000 rules and 4,000 addresses on each side, its rules name at most 100 "
        "application security groups, one rule 10, and a rule's description has 140 characters; a network manager has "
        "100 admin rules and 1,000 prefixes. Some limits can be raised on request.",
        bad=f"nsg nsg-web {{\n  inbound {{\n{_MANY}  }}\n}}\n",
        good=_GOOD,
        reference=LIMITS,
    ),
    Entry(
        id="NWP409",
        name="deprecated-tag-spelling",
        summary="a service tag is spelled as in the classic deployment model",
        severity=Severity.NOTE,
        rationale="VIRTUAL_NETWORK and AZURE_LOADBALANCER are what the tags VirtualNetwork and AzureLoadBalancer were "
        "called before Azure Resource Manager.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 203.0.113.0/24  to * port 443
    200 deny-vnet   deny  tcp from VIRTUAL_NETWORK to 10.0.0.0/8 port 8080
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 203.0.113.0/24 to * port 443
    200 deny-vnet   deny  tcp from VirtualNetwork to 10.0.0.0/8 port 8080
  }
}
""",
        mended="the tag is written as it is today",
        reference=TAGS,
    ),
    Entry(
        id="NWP410",
        name="ports-without-meaning",
        summary="a rule names ports for a protocol that has none",
        severity=Severity.WARNING,
        rationale="Only TCP and UDP have ports. A rule for ICMP, ESP or AH that names ports matches nothing.",
        bad="""\
nwpolicy: 1
networkSecurityGroups:
  - name: nsg-web
    securityRules:
      - name: allow-ping
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Icmp
        sourceAddressPrefix: 203.0.113.0/24
        destinationAddressPrefix: "*"
        destinationPortRange: 80
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-ping allow icmp from 203.0.113.0/24 to *
  }
}
""",
        unmended="with `*` for its ports the rule would match what it does not match today",
        reference=NSG,
    ),
    Entry(
        id="NWP411",
        name="asg-with-addresses",
        summary="one side of a rule has application security groups and addresses",
        severity=Severity.WARNING,
        rationale="Azure does not accept application security groups and prefixes or tags on the same side of a rule.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-app allow tcp from asg asg-app, 203.0.113.0/24 to * port 443
  }
}
""",
        good=_GOOD,
        reference=NSG,
    ),
    Entry(
        id="NWP412",
        name="address-outside-subnet",
        summary="the address of a network interface is not in its subnet",
        severity=Severity.WARNING,
        rationale="Azure gives a network interface addresses of its subnet only, so one of the two is wrong.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip ipconfig1 { address 10.0.2.4; subnet vnet-web/snet-web } }
nsg nsg-web
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web } }
nsg nsg-web
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP413",
        name="ipv6-subnet-size",
        summary="an IPv6 prefix of a subnet is no /64",
        severity=Severity.WARNING,
        rationale="The IPv6 prefix of a subnet has to be exactly a /64.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16, fd00:10::/48
  subnet snet-web { address 10.0.1.0/24, fd00:10::/56; nsg nsg-web }
}
nsg nsg-web
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16, fd00:10::/48
  subnet snet-web { address 10.0.1.0/24, fd00:10::/64; nsg nsg-web }
}
nsg nsg-web
""",
        reference=IPV6,
    ),
    Entry(
        id="NWP414",
        name="interface-in-several-subnets",
        summary="the ip configurations of a network interface are in several subnets",
        severity=Severity.ERROR,
        rationale="All ip configurations of a network interface are in one subnet; Azure refuses anything else.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-a { address 10.0.1.0/24; nsg nsg-web }
  subnet snet-b { address 10.0.2.0/24; nsg nsg-web }
}
nic nic-web {
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-a }
  ip ipconfig2 { address 10.0.2.4; subnet vnet-web/snet-b }
}
nsg nsg-web
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-a { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web {
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-a }
  ip ipconfig2 { address 10.0.1.5; subnet vnet-web/snet-a }
}
nsg nsg-web
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP415",
        name="ambiguous-reference",
        summary="a name means several definitions of the input",
        severity=Severity.NOTE,
        rationale="The input defines the name more than once, for example in two resource groups, and nothing tells "
        "which is meant. What depends on it is taken as unknown.",
        bad="""\
nwpolicy: 1
virtualNetworks:
  - name: vnet-web
    addressSpace: 10.0.0.0/16
    subnets:
      - name: snet-web
        addressPrefix: 10.0.1.0/24
        networkSecurityGroup: nsg-web
networkSecurityGroups:
  - name: nsg-web
    id: /subscriptions/s/resourceGroups/one/providers/Microsoft.Network/networkSecurityGroups/nsg-web
  - name: nsg-web
    id: /subscriptions/s/resourceGroups/two/providers/Microsoft.Network/networkSecurityGroups/nsg-web
""",
        good="""\
nwpolicy: 1
virtualNetworks:
  - name: vnet-web
    addressSpace: 10.0.0.0/16
    subnets:
      - name: snet-web
        addressPrefix: 10.0.1.0/24
        networkSecurityGroup: nsg-web
networkSecurityGroups:
  - name: nsg-web
    id: /subscriptions/s/resourceGroups/one/providers/Microsoft.Network/networkSecurityGroups/nsg-web
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP416",
        name="tcp-state-tracking-off",
        summary="a network interface does not track the state of TCP connections",
        severity=Severity.WARNING,
        rationale="Rules are written as if replies were let through by themselves. What happens to them without "
        "tracking is not documented.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web {
  disable-tcp-state-tracking
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web }
}
nsg nsg-web
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web } }
nsg nsg-web
""",
        reference=NSG,
    ),
    Entry(
        id="NWP417",
        name="adjacent-entries",
        summary="two entries of a list are next to one another and could be one",
        severity=Severity.NOTE,
        rationale="One prefix or one range of ports says the same in one place. Two entries can be on purpose, where "
        "each stands for something of its own, such as two subnets.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-office allow tcp from 203.0.113.0/25, 203.0.113.128/25 to * port 443
  }
}
""",
        good=_GOOD,
        reference=AUGMENTED,
        mended="the first entry becomes what both stand for, and the second one goes",
        optional=True,
    ),
)
