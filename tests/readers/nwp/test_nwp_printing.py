"""Definitions as text: the exact words, and what has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.resource import AddressPrefix, Resource
from nwpolicy.model.rules import EffectiveAdminRules, NetworkSecurityGroup, SecurityRule
from nwpolicy.readers.nwp import read, rule_line, to_nwp
from nwpolicy.readers.nwp.parse import lark
from nwpolicy.readers.nwp.printing import KEYWORDS
from nwpolicy.readers.nwp.words import LINKS


def rule(line: str) -> SecurityRule:
    (nsg,) = read("a.nwp", f"nsg a {{ inbound {{ {line} }} }}").resources
    assert isinstance(nsg, NetworkSecurityGroup)
    (found,) = nsg.security_rules
    assert isinstance(found, SecurityRule)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "100 allow-https allow tcp from Internet, 10.0.0.0/8 to asg web port 443, 8000-8080",
        '4096 "deny all" deny * from * to * description "say \\"no\\""',
        "?p a ?a ?x from ?c port 1024-65535 to * port ?q if ?deploy",
        "100 ping allow icmp from 10.0.0.4-10.0.0.9 to 2001:db8::/32",
        "100 any-port allow udp from * to * port *",
    ],
)
def test_rule_line(line: str) -> None:
    assert rule_line(rule(line)) == line


def test_a_prefix_with_host_bits_is_printed_without() -> None:
    assert rule_line(rule("100 a deny * from 10.0.0.4/8 to *")) == "100 a deny * from 10.0.0.0/8 to *"


def test_addresses_that_are_no_single_prefix_are_printed_in_parts() -> None:
    plain = rule("100 a deny * from * to *")
    odd = AddressPrefix(AddressSet.parse("10.0.0.1-10.0.0.3") | AddressSet.parse("2001:db8::1"), "?", plain.source)
    assert rule_line(replace(plain, sources=(odd,))) == "100 a deny * from 10.0.0.1-10.0.0.3, 2001:db8::1 to *"


def test_definitions_are_parted_by_a_line() -> None:
    text = "asg web\n\nvnet hub {\n  address 10.0.0.0/8\n  subnet a\n}\n"
    assert to_nwp(read("a.nwp", text).resources) == text


def test_words_of_the_language_are_those_of_the_grammar() -> None:
    terminals = {str(terminal.pattern.value) for terminal in lark().terminals}
    words = {terminal for terminal in terminals if terminal.replace("-", "").isalpha()}
    assert KEYWORDS - set(LINKS) == words
    assert any("|".join(LINKS) in terminal for terminal in terminals)


def test_what_the_language_has_no_words_for_is_refused() -> None:
    plain = rule("100 a deny * from * to *")
    unprintable: list[Resource] = [
        EffectiveAdminRules(name="vnet", rules=(), source=plain.source),
        NetworkSecurityGroup(name="a", security_rules=(replace(plain, sources=()),), source=plain.source),
    ]
    for resource in unprintable:
        with pytest.raises(ValueError, match=r"in \.nwp"):
            to_nwp([resource])
