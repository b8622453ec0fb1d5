"""NWP1xx: exposure to the internet."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import HIGH_RISK, NSG
from nwpolicy.queries.lint.entry import Entry

__all__ = ["EXPOSURE"]

_EFFECTIVE: Final = (
    "Counted is what gets through every layer: admin rules, the subnet's group, the interface's group, and only where "
    "the interface has a public address or may be reached by a public load balancer. A group or subnet of which the "
    "input shows no interface is looked at as if an interface with a public address were behind it, and the finding "
    "says so. Open to the internet is a port that more than 16,777,216 public IPv4 addresses (a /8) reach, or as much "
    "of IPv6, however that is written: `*`, `Internet`, `0.0.0.0/0`, or its halves."
)

EXPOSURE: Final = (
    Entry(
        id="NWP101",
        name="management-port-from-internet",
        summary="a port for remote administration can be reached from the internet",
        severity=Severity.ERROR,
        rationale="SSH (22), RDP (3389), WinRM (5985, 5986) and VNC (5800, 5900) give control over a machine, and are "
        f"attacked as soon as they can be reached. {_EFFECTIVE}",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-ssh allow tcp from * to * port 22
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-ssh allow tcp from 198.51.100.0/24 to * port 22
  }
}
""",
        reference=HIGH_RISK,
    ),
    Entry(
        id="NWP102",
        name="high-risk-port-from-internet",
        summary="a port of a plain-text or unauthenticated protocol can be reached from the internet",
        severity=Severity.WARNING,
        rationale="Microsoft's list of high-risk ports names protocols that send data or passwords in the clear or ask "
        "for none: FTP (20, 21), Telnet (23), TFTP (69), RPC (111, 135, 593), NNTP (119), SNMP (161, 162), SMB (445), "
        "rexec and rsh (512, 514), rsync (873), NFS (2049), memcached (11211). Those for remote administration are "
        f"NWP101. {_EFFECTIVE}",
        bad="""\
nsg nsg-files {
  inbound {
    100 allow-smb allow tcp from Internet to * port 445
  }
}
""",
        good="""\
nsg nsg-files {
  inbound {
    100 allow-smb allow tcp from VirtualNetwork to * port 445
    200 deny-vnet deny  *   from VirtualNetwork to 10.0.0.0/8
  }
}
""",
        reference=HIGH_RISK,
    ),
    Entry(
        id="NWP103",
        name="any-any-allow",
        summary="a rule lets in every protocol and port from anywhere",
        severity=Severity.WARNING,
        rationale="The rule makes the group as good as none: whatever listens behind it can be reached from wherever a "
        "way leads, now and after the next change of routes or addresses.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
nic nic-web { ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web } }
nsg nsg-web {
  inbound {
    100 allow-all allow * from * to *
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from * to * port 443
  }
}
""",
        reference=NSG,
    ),
)
