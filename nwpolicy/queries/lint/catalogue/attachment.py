"""NWP3xx: what network security groups are attached to."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import GATEWAY, HOW_IT_WORKS, NSG
from nwpolicy.queries.lint.entry import Entry

__all__ = ["ATTACHMENT"]

ATTACHMENT: Final = (
    Entry(
        id="NWP301",
        name="unattached-nsg",
        summary="a network security group is attached to nothing in the input",
        severity=Severity.NOTE,
        rationale="The input has subnets or network interfaces, all of them say which group they have, and none has "
        "this one. Its rules filter nothing, unless something outside of the input refers to it.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nsg nsg-web
nsg nsg-old
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nsg nsg-web
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP302",
        name="subnet-without-nsg",
        summary="a subnet has no network security group",
        severity=Severity.WARNING,
        rationale="Without a group everything in the virtual network and its peers may reach what is in the subnet, "
        "and the internet may reach Basic public addresses there. Not said of subnets whose interfaces all have groups "
        "of their own, of delegated ones, and of those of Azure's own services that do without a group or rule it "
        "themselves: GatewaySubnet, AzureFirewallSubnet, AzureFirewallManagementSubnet, AzureBastionSubnet, "
        "RouteServerSubnet.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24 }
}
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nsg nsg-web
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP303",
        name="nic-nsg-contradicts-subnet-nsg",
        summary="a rule allows what the other group on the way denies",
        severity=Severity.WARNING,
        rationale="A flow has to get through the group of the subnet and through that of the interface. The rule "
        "allows flows in one of them, and the other one, which is asked first, denies all of these wherever the rule "
        "applies. Either the rule is of no use or the other group is too strict.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-subnet }
}
nic nic-web {
  nsg nsg-nic
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web }
}
nsg nsg-subnet {
  inbound {
    100 allow-https allow tcp from * to * port 443
  }
}
nsg nsg-nic {
  inbound {
    100 allow-admin allow tcp from 198.51.100.0/24 to * port 8443
  }
}
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-subnet }
}
nic nic-web {
  nsg nsg-nic
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web }
}
nsg nsg-subnet {
  inbound {
    100 allow-https allow tcp from * to * port 443, 8443
  }
}
nsg nsg-nic {
  inbound {
    100 allow-admin allow tcp from 198.51.100.0/24 to * port 8443
  }
}
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP304",
        name="nsg-on-gateway-subnet",
        summary="GatewaySubnet has a network security group",
        severity=Severity.WARNING,
        rationale="Network security groups are not supported on GatewaySubnet: the gateway may stop to function.",
        bad="""\
vnet vnet-hub {
  address 10.0.0.0/16
  subnet GatewaySubnet { address 10.0.0.0/27; nsg nsg-gateway }
}
nsg nsg-gateway
""",
        good="""\
vnet vnet-hub {
  address 10.0.0.0/16
  subnet GatewaySubnet { address 10.0.0.0/27 }
}
""",
        reference=GATEWAY,
    ),
    Entry(
        id="NWP305",
        name="asg-in-several-networks",
        summary="members of an application security group are in several virtual networks",
        severity=Severity.WARNING,
        rationale="All network interfaces of an application security group have to be in one virtual network.",
        bad="""\
vnet vnet-a { address 10.0.0.0/16; subnet web { address 10.0.1.0/24; nsg nsg-web } }
vnet vnet-b { address 10.1.0.0/16; subnet web { address 10.1.1.0/24; nsg nsg-web } }
nic nic-a { ip ipconfig1 { address 10.0.1.4; subnet vnet-a/web; asg asg-web } }
nic nic-b { ip ipconfig1 { address 10.1.1.4; subnet vnet-b/web; asg asg-web } }
nsg nsg-web
asg asg-web
""",
        good="""\
vnet vnet-a { address 10.0.0.0/16; subnet web { address 10.0.1.0/24; nsg nsg-web } }
nic nic-a { ip ipconfig1 { address 10.0.1.4; subnet vnet-a/web; asg asg-web } }
nic nic-b { ip ipconfig1 { address 10.0.1.5; subnet vnet-a/web; asg asg-web } }
nsg nsg-web
asg asg-web
""",
        reference=NSG,
    ),
    Entry(
        id="NWP306",
        name="rule-for-elsewhere",
        summary="a rule is for private addresses that nothing behind its group can have",
        severity=Severity.WARNING,
        rationale="An inbound rule sees an address of the machine as destination, an outbound one as source. Where the "
        "subnets of all machines that a group applies to are known, a rule for other private addresses matches nothing "
        "that gets there. Nothing is said where a machine in these subnets forwards packets of others.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web } }
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 198.51.100.0/24 to 10.0.2.4 port 443
  }
}
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web } }
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 198.51.100.0/24 to 10.0.1.4 port 443
  }
}
""",
        reference=HOW_IT_WORKS,
    ),
)
