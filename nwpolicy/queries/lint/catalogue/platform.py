"""NWP2xx: service tags, and what Azure's platform needs."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import PLATFORM_ADDRESS, PROBES, TAGS
from nwpolicy.queries.lint.entry import Entry

__all__ = ["PLATFORM"]

PLATFORM: Final = (
    Entry(
        id="NWP201",
        name="load-balancer-probes-blocked",
        summary="rules deny every health probe of a load balancer",
        severity=Severity.ERROR,
        rationale="Probes come from 168.63.129.16. If no TCP port of an interface behind a load balancer can be "
        "reached from there, every probe fails and the load balancer sends nothing. The default rule "
        "AllowAzureLoadBalancerInBound stands behind all others, so a rule that denies everything, or VirtualNetwork "
        "(which holds that address), comes before it.",
        bad="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
load-balancer lb-web { sku Standard; public }
nic nic-web {
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web; load-balancer lb-web }
}
nsg nsg-web {
  inbound {
    100  allow-https allow tcp from 203.0.113.0/24 to * port 443
    4096 deny-all    deny  *   from *              to *
  }
}
""",
        good="""\
vnet vnet-web {
  address 10.0.0.0/16
  subnet snet-web { address 10.0.1.0/24; nsg nsg-web }
}
load-balancer lb-web { sku Standard; public }
nic nic-web {
  ip ipconfig1 { address 10.0.1.4; subnet vnet-web/snet-web; load-balancer lb-web }
}
nsg nsg-web {
  inbound {
    100  allow-https  allow tcp from 203.0.113.0/24    to * port 443
    110  allow-probes allow *   from AzureLoadBalancer to *
    4096 deny-all     deny  *   from *                 to *
  }
}
""",
        reference=PROBES,
    ),
    Entry(
        id="NWP202",
        name="platform-service-blocked",
        summary="a rule denies Azure's DNS, metadata or licensing service",
        severity=Severity.NOTE,
        rationale="Rules do not apply to these services unless they name the tag AzurePlatformDNS, AzurePlatformIMDS "
        "or AzurePlatformLKM. A rule that denies one turns off name resolution, managed identities or the activation "
        "of Windows on every interface behind it.",
        bad="""\
nsg nsg-web {
  outbound {
    100 deny-dns deny * from * to AzurePlatformDNS
  }
}
""",
        good="""\
nsg nsg-web {
  outbound {
    100 deny-dns deny udp from * to Internet port 53
  }
}
""",
        reference=PLATFORM_ADDRESS,
    ),
    Entry(
        id="NWP203",
        name="load-balancer-tag-misplaced",
        summary="a rule names AzureLoadBalancer for the machine's own side",
        severity=Severity.WARNING,
        rationale="The tag stands for 168.63.129.16, from which probes come. It is neither the load balancer's "
        "frontend nor its backend: rules see the client's address as source and the machine's as destination. As "
        "destination of an inbound rule, or source of an outbound one, it matches nothing.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-frontend allow tcp from 203.0.113.0/24 to AzureLoadBalancer port 443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-frontend allow tcp from 203.0.113.0/24 to 10.0.1.0/24 port 443
  }
}
""",
        reference=TAGS,
    ),
    Entry(
        id="NWP204",
        name="probes-denied-with-virtual-network",
        summary="a rule that denies VirtualNetwork denies load balancers' probes too",
        severity=Severity.NOTE,
        rationale="VirtualNetwork holds 168.63.129.16, from which probes come. A rule that denies it cuts off every "
        "probe behind it, which matters where the group's interfaces are behind a load balancer. Said of groups that "
        "the input attaches to nothing; of others NWP201 knows better.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 203.0.113.0/24 to * port 443
    200 deny-vnet   deny  *   from VirtualNetwork to *
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https  allow tcp from 203.0.113.0/24    to * port 443
    110 allow-probes allow *   from AzureLoadBalancer to *
    200 deny-vnet    deny  *   from VirtualNetwork    to *
  }
}
""",
        reference=TAGS,
    ),
    Entry(
        id="NWP205",
        name="unknown-service-tag",
        summary="no documentation and no file of tags knows a service tag",
        severity=Severity.WARNING,
        rationale="Azure refuses a tag that it does not know. Mostly it is misspelled, or a name of something else. "
        "What it stands for is taken as an unknown.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-apim allow tcp from ApiManagment to * port 3443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-apim allow tcp from ApiManagement to * port 3443
  }
}
""",
        unmended="what looks like a slip of the pen may be another tag",
        reference=TAGS,
    ),
    Entry(
        id="NWP206",
        name="unsupported-service-tag",
        summary="a service tag has no meaning where it stands",
        severity=Severity.WARNING,
        rationale="AzurePlatformDNS, AzurePlatformIMDS and AzurePlatformLKM are for outbound rules of network security "
        "groups only. Admin rules do not support them, and inbound they match nothing that they are meant for.",
        bad="""\
nsg nsg-web {
  inbound {
    100 deny-dns deny udp from AzurePlatformDNS to 10.0.1.4 port 53
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-dns allow udp from 203.0.113.53 to 10.0.1.4 port 53
  }
}
""",
        reference=TAGS,
    ),
    Entry(
        id="NWP207",
        name="several-service-tags",
        summary="a rule of a network security group names several service tags on one side",
        severity=Severity.WARNING,
        rationale="Azure accepts one service tag for the source and one for the destination of a security rule.",
        bad="""\
nsg nsg-app {
  outbound {
    100  allow-data allow tcp from * to Storage, Sql port 443
    4096 deny-all   deny  *   from * to Internet
  }
}
""",
        good="""\
nsg nsg-app {
  outbound {
    100  allow-storage allow tcp from * to Storage port 443
    110  allow-sql     allow tcp from * to Sql     port 1433
    4096 deny-all      deny  *   from * to Internet
  }
}
""",
        reference=TAGS,
    ),
    Entry(
        id="NWP208",
        name="probes-denied",
        summary="a group denies every health probe, whether or not there is a load balancer",
        severity=Severity.NOTE,
        optional=True,
        rationale="A rule that denies all sources denies 168.63.129.16 too, unless an earlier rule allows the tag "
        "AzureLoadBalancer. For groups that may come to stand behind a load balancer some day; where the input shows "
        "one, NWP201 says so in any case.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from 203.0.113.0/24 to * port 443
    4096 deny-all   deny  *   from *              to *
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https  allow tcp from 203.0.113.0/24    to * port 443
    110 allow-probes allow *   from AzureLoadBalancer to *
    4096 deny-all    deny  *   from *                 to *
  }
}
""",
        reference=PROBES,
    ),
)
