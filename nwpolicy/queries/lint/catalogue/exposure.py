"""NWP1xx: exposure to the internet."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import HIGH_RISK, HOW_IT_WORKS, NSG, PORT_NUMBERS
from nwpolicy.queries.lint.entry import Entry

__all__ = ["EXPOSURE"]

_EFFECTIVE: Final = (
    "Counted is what gets through every layer: admin rules, the subnet's group, the interface's group, and only where "
    "the interface has a public address or may be reached by a public load balancer. A group or subnet of which the "
    "input shows no interface is looked at as if an interface with a public address were behind it, and the finding "
    "says so. Open to the internet is a port that more than 16,777,216 public IPv4 addresses (a /8) reach, or as much "
    "of IPv6, however that is written: `*`, `Internet`, `0.0.0.0/0`, its halves, or many rules with a part each. Where "
    "routes lead replies astray, the finding says so and stays: what arrives may do harm without an answer, and routes "
    "change."
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
    Entry(
        id="NWP104",
        name="data-port-from-internet",
        summary="a port of a database, cache, directory or file service can be reached from the internet",
        severity=Severity.WARNING,
        rationale="Databases and what is like them are for the applications before them: NetBIOS (137-139), LDAP (389, "
        "636), SQL Server (1433, 1434), Oracle (1521), MySQL (3306), PostgreSQL (5432), Redis (6379), Elasticsearch "
        f"(9200), memcached (11211), MongoDB (27017). {_EFFECTIVE}",
        bad="""\
nsg nsg-data {
  inbound {
    100 allow-sql allow tcp from Internet to * port 1433
  }
}
""",
        good="""\
nsg nsg-data {
  inbound {
    100 allow-sql allow tcp from 10.0.1.0/24 to * port 1433
    200 deny-rest deny  *   from *           to *
  }
}
""",
        reference=PORT_NUMBERS,
    ),
    Entry(
        id="NWP105",
        name="plain-text-port-from-internet",
        summary="a port of a public service without encryption can be reached from the internet",
        severity=Severity.NOTE,
        rationale="SMTP (25), DNS (53), HTTP (80), POP3 (110) and IMAP (143) are made to be reached, and carry what "
        "they carry in the clear. It is as it should be for a name or mail server, and for a web server that only "
        f"sends on to HTTPS. {_EFFECTIVE}",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-http allow tcp from Internet to * port 80
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet to * port 443
  }
}
""",
        reference=PORT_NUMBERS,
    ),
    Entry(
        id="NWP106",
        name="reachable-from-internet",
        summary="a rule lets the internet in, on whatever port",
        severity=Severity.NOTE,
        optional=True,
        rationale="For networks of which nothing is public. What may be public is better said in an assertion, with "
        "its exceptions (`never Internet -> any`), which `nwpolicy check` proves. Counted is what gets through every "
        "layer, as for NWP101.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet to * port 443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 198.51.100.0/24 to * port 443
  }
}
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP107",
        name="internet-egress",
        summary="a group lets flows out to the internet",
        severity=Severity.NOTE,
        optional=True,
        rationale="For networks that have one way out, a firewall or proxy. The default rule AllowInternetOutBound "
        "lets out everything that no other rule denies. Counted is what gets through every layer; where routes lead "
        "is not: `nwpolicy check` proves that all of it goes through an appliance.",
        bad="""\
nsg nsg-web {
  outbound {
    100 allow-updates allow tcp from * to Internet port 443
    200 deny-internet deny  *   from * to Internet
  }
}
""",
        good="""\
nsg nsg-web {
  outbound {
    100 allow-updates allow tcp from * to 203.0.113.0/24 port 443
    200 deny-internet deny  *   from * to Internet
  }
}
""",
        reference=HOW_IT_WORKS,
    ),
    Entry(
        id="NWP108",
        name="lateral-administration",
        summary="a group lets machines administer others in the virtual network",
        severity=Severity.NOTE,
        optional=True,
        rationale="Whoever has taken one machine goes on to the next by SSH (22) or RDP (3389), and the default rule "
        "AllowVnetOutBound lets it. A group of applications can deny both, outbound. Asked about are private "
        "addresses, through every layer.",
        bad="""\
nsg nsg-web {
  outbound {
    100 deny-rdp deny tcp from * to VirtualNetwork port 3389
  }
}
""",
        good="""\
nsg nsg-web {
  outbound {
    100 deny-hop deny tcp from * to * port 22, 3389
  }
}
""",
        reference=HOW_IT_WORKS,
    ),
)
