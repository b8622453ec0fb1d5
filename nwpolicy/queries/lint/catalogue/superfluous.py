"""NWP0xx: rules that do not do what they seem to do."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue.sources import AUGMENTED, NSG
from nwpolicy.queries.lint.entry import Entry

__all__ = ["SUPERFLUOUS"]

SUPERFLUOUS: Final = (
    Entry(
        id="NWP001",
        name="shadowed-rule",
        summary="other rules take every flow that a rule matches",
        severity=Severity.WARNING,
        rationale="Rules are tried in the order of their priorities, and the first that matches decides. A rule whose "
        "flows all meet an earlier rule never decides anything, however many earlier rules that takes: in its own "
        "group, or in the admin rules that are asked before it wherever the group is attached. It misleads whoever "
        "reads it, most of all if the earlier rules do the opposite.",
        bad="""\
nsg nsg-web {
  inbound {
    100 deny-low   deny  tcp from 10.0.0.0/9   to * port 8080
    110 deny-high  deny  *   from 10.128.0.0/9 to *
    200 allow-8080 allow tcp from 10.0.0.0/8   to * port 8080
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-8080 allow tcp from 10.0.0.0/24 to * port 8080
    200 deny-8080  deny  tcp from 10.0.0.0/8  to * port 8080
  }
}
""",
        mended="the rule goes, if the rules that shadow it do the same. One that was meant to do the opposite is "
        "for a person",
        reference=NSG,
    ),
    Entry(
        id="NWP002",
        name="redundant-rule",
        summary="later rules do the same without it",
        severity=Severity.NOTE,
        rationale="The rule decides about flows, but later rules of its group would decide alike. It can go without "
        "any flow faring otherwise. Where it was meant as an exception, the exception is not one.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-office allow tcp from 198.51.100.0/24 to * port 443
    200 allow-https  allow tcp from *               to * port 443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 deny-office deny  tcp from 198.51.100.0/24 to * port 443
    200 allow-https allow tcp from *               to * port 443
  }
}
""",
        mended="the rule goes",
        reference=NSG,
    ),
    Entry(
        id="NWP003",
        name="partly-shadowed-rule",
        summary="a prefix or port of a rule never decides anything",
        severity=Severity.NOTE,
        rationale="Earlier rules take every flow that one entry of a list stands for, while other entries of the list "
        "are in use. The entry does nothing, although it looks as if it did.",
        bad="""\
nsg nsg-web {
  inbound {
    100 deny-old  deny  tcp from * to * port 8080
    200 allow-web allow tcp from * to * port 443, 8080
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 deny-old  deny  tcp from 198.51.100.0/24 to * port 8080
    200 allow-web allow tcp from *               to * port 443, 8080
  }
}
""",
        mended="the entry goes, if the rules before it do the same. One that was meant to do the opposite is for a "
        "person",
        reference=NSG,
    ),
    Entry(
        id="NWP004",
        name="repeated-default",
        summary="the default rules do the same without it",
        severity=Severity.NOTE,
        rationale="Azure adds default rules to every group: within the virtual network and from load balancers traffic "
        "may come in, to the internet it may go out, everything else is denied. The rule repeats what they do. "
        "That can be on purpose, to say it in the file.",
        bad="""\
nsg nsg-web {
  outbound {
    100 allow-updates allow tcp from * to Internet port 443
  }
}
""",
        good="""\
nsg nsg-web {
  outbound {
    100  allow-updates allow tcp from * to Internet port 443
    4096 deny-internet deny  *   from * to Internet
  }
}
""",
        unmended="a rule that repeats the defaults is mostly there on purpose, for readers, logs and audits",
        reference='Microsoft Learn, Network security groups overview, "Default security rules" '
        "<https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules>",
    ),
    Entry(
        id="NWP005",
        name="correlated-rules",
        summary="two rules contradict one another where they overlap",
        severity=Severity.NOTE,
        rationale="Each of the rules matches something that the other does not, and where both match they do opposite "
        "things. What happens there hangs on their priorities alone, which a later change may turn around without "
        "anybody noticing.",
        bad="""\
nsg nsg-web {
  inbound {
    100 deny-guests deny  tcp from 198.51.100.0/24 to * port 8443-8500
    200 allow-https allow tcp from *               to * port 8400-8450
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 deny-guests deny  tcp from 198.51.100.0/24 to * port 8443
    200 allow-https allow tcp from *               to * port 8400-8450
  }
}
""",
        unmended="which of the two rules is meant to win where they overlap is for a person to say",
        reference=NSG,
    ),
    Entry(
        id="NWP006",
        name="mergeable-rules",
        summary="two rules can be written as one",
        severity=Severity.NOTE,
        rationale="The rules do the same and differ in one list only, and no rule between them interferes. One rule "
        "with both lists says it in one place; an augmented security rule may hold several prefixes and ports.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from * to * port 443
    110 allow-admin allow tcp from * to * port 8443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-web allow tcp from * to * port 443, 8443
  }
}
""",
        mended="the entries join those of the first rule, and the second rule goes with its name. One that has a "
        "description or a comment of its own stays",
        reference=AUGMENTED,
    ),
    Entry(
        id="NWP007",
        name="rule-without-traffic",
        summary="no flow at all can match a rule",
        severity=Severity.WARNING,
        rationale="The fields of the rule exclude one another, for example a service tag of IPv4 addresses as source "
        "and an IPv6 prefix as destination. The rule never applies, whatever stands before it.",
        bad="""\
nsg nsg-web {
  inbound {
    100 allow-probes allow tcp from AzureLoadBalancer to fd00:10::4 port 443
  }
}
""",
        good="""\
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from ::/0 to fd00:10::4 port 443
  }
}
""",
        unmended="the rule was meant for something, and for what is for a person to say",
        reference=NSG,
    ),
)
