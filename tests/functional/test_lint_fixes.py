"""`nwpolicy lint --fix`: what it mends in each format, and what it leaves alone."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from nwpolicy import cli

FIELDS = {"direction": "Inbound", "access": "Allow", "protocol": "Tcp", "destinationAddressPrefix": "*"}


def fix(path: Path, *arguments: str) -> str:
    """The text of the file afterwards."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        cli.main(("lint", str(path), "--isolated", "--fix", *arguments))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "    100 a allow tcp from 10.1.2.3/8 to * port 443  # why\n",
            "    100 a allow tcp from 10.0.0.0/8 to * port 443  # why\n",
            id="host bits",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443\n    # stays\n    110 b allow tcp from * to * port 443 # goes\n",
            "    100 a allow tcp from * to * port 443\n    # stays\n",
            id="a shadowed rule",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443\n    110 b deny tcp from * to * port 443\n",
            "    100 a allow tcp from * to * port 443\n    110 b deny tcp from * to * port 443\n",
            id="a rule that was meant to do the opposite is for a person to look at",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443; 110 b allow tcp from * to * port 443\n",
            "    100 a allow tcp from * to * port 443; 110 b allow tcp from * to * port 443\n",
            id="a rule that shares its line",
        ),
        pytest.param(
            "    100 a allow tcp from * to * port 443\n    # nwpolicy: ignore[NWP001] x\n"
            "    110 b allow tcp from * to * port 443\n",
            "    100 a allow tcp from * to * port 443\n    # nwpolicy: ignore[NWP001] x\n"
            "    110 b allow tcp from * to * port 443\n",
            id="a suppressed finding",
        ),
    ],
)
def test_in_the_policy_language(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(f"nsg web {{\n  inbound {{\n{before}  }}\n}}\n")
    assert fix(path) == f"nsg web {{\n  inbound {{\n{after}  }}\n}}\n"


def test_of_two_rules_of_which_either_could_go_one_stays(tmp_path: Path) -> None:
    """Each is redundant for the sake of the other."""
    path = tmp_path / "web.nwp"
    rule = "allow tcp from 203.0.113.0/24 to * port"
    path.write_text(
        f"nsg web {{\n  inbound {{\n    100 a {rule} 80-90\n    110 b {rule} 85-95\n    120 c {rule} 80-95\n  }}\n}}\n"
    )
    assert fix(path, "--severity", "note") == f"nsg web {{\n  inbound {{\n    120 c {rule} 80-95\n  }}\n}}\n"


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_in_a_template_the_commas_stay_right(tmp_path: Path, dead: int) -> None:
    """The rule that goes is the first, one in the middle, or the last of its list."""
    ports = ["80", "443", "8443"]
    ports.insert(dead + 1, ports[dead])
    rules = [
        {
            "name": f"rule-{number}",
            "properties": {
                **FIELDS,
                "priority": 100 + number,
                "sourceAddressPrefix": f"203.0.{port[0]}.0/24",
                "sourcePortRange": "*",
                "destinationPortRange": port,
            },
        }
        for number, port in enumerate(ports)
    ]
    group = {"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": "nsg"}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{**group, "properties": {"securityRules": rules}}],
    }
    path = tmp_path / "main.json"
    path.write_text(json.dumps(template, indent=2))
    (fixed,) = json.loads(fix(path))["resources"]
    left = [rule["properties"]["destinationPortRange"] for rule in fixed["properties"]["securityRules"]]
    assert left == ["80", "443", "8443"]


def test_in_bicep_comments_and_layout_stay(tmp_path: Path) -> None:
    def rule(name: str, priority: int, source: str) -> str:
        return f"""\
      {{
        name: '{name}' // why
        properties: {{
          priority: {priority}
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: '{source}'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }}
      }}
"""

    head = (
        "resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {\n  name: 'nsg'\n"
        "  properties: {\n    securityRules: [\n"
    )
    tail = "    ]\n  }\n}\n"
    path = tmp_path / "main.bicep"
    path.write_text(head + rule("a", 100, "203.0.113.7/24") + rule("b", 110, "203.0.113.7") + tail)
    assert fix(path) == head + rule("a", 100, "203.0.113.0/24") + tail


def test_a_rule_that_a_loop_makes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "main.bicep"
    text = """\
resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg'
  properties: {
    securityRules: [for (priority, index) in [100, 110]: {
      name: 'rule-${index}'
      properties: {
        priority: priority
        direction: 'Inbound'
        access: 'Allow'
        protocol: 'Tcp'
        sourceAddressPrefix: '203.0.113.0/24'
        sourcePortRange: '*'
        destinationAddressPrefix: '*'
        destinationPortRange: '443'
      }
    }]
  }
}
"""
    path.write_text(text)
    assert fix(path) == text


# --- every format ---


def sides(difference: str) -> tuple[str, str]:
    """The text before and after of lines that begin with a blank, `-` or `+`, as in a diff, or are empty."""
    lines = [(line[:1], line[1:] or line) for line in difference.splitlines(keepends=True)]
    before, after = ("".join(text for sign, text in lines if sign in signs) for signs in (" \n-", " \n+"))
    return before, after


NWP = """\
 nsg web {
   inbound {
     # the office
-    100 office allow tcp from 198.51.100.7/24, 198.51.100.9 to * port 443  # all of it
+    100 office allow tcp from 198.51.100.0/24 to * port 443  # all of it
     # stays, for whoever reads on
-    110 again  allow tcp from 198.51.100.8    to * port 443  # goes
     120 inside allow tcp from VirtualNetwork  to * port 8443
   }
 }
"""
YAML = """\
 nwpolicy: 1
 networkSecurityGroups:
   - name: web
     securityRules:
       # the office
       - name: office  # all of it
         priority: 100
         direction: Inbound
         access: Allow
         protocol: Tcp
         sourceAddressPrefixes:
-          - 198.51.100.7/24 # host bits
+          - 198.51.100.0/24 # host bits
           # one machine
-          - 198.51.100.9
         destinationAddressPrefix: "*"
         destinationPortRange: "443"
-      - name: again
-        priority: 110
-        direction: Inbound
-        access: Allow
-        protocol: Tcp
-        sourceAddressPrefix: 198.51.100.8
-        destinationAddressPrefix: "*"
-        destinationPortRange: "443"
       - { name: vnet, priority: 120, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix:
           VirtualNetwork, destinationAddressPrefix: "*", destinationPortRange: "8443" }
"""
JSON = """\
 {
   "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
   "contentVersion": "1.0.0.0",
   "resources": [
     {
       "type": "Microsoft.Network/networkSecurityGroups",
       "apiVersion": "2024-05-01",
       "name": "web",
       "properties": {
         "securityRules": [
           { // the office
             "name": "office",
             "properties": {
               "priority": 100,
               "direction": "Inbound",
               "access": "Allow",
               "protocol": "Tcp",
               "sourceAddressPrefixes": [
-                "198.51.100.7/24", // host bits
-                "198.51.100.9"
+                "198.51.100.0/24" // host bits
               ],
               "sourcePortRange": "*",
               "destinationAddressPrefix": "*",
               "destinationPortRange": "443"
             }
-          },
+          }
-          {
-            "name": "again",
-            "properties": {
-              "priority": 110,
-              "direction": "Inbound",
-              "access": "Allow",
-              "protocol": "Tcp",
-              "sourceAddressPrefix": "198.51.100.8",
-              "sourcePortRange": "*",
-              "destinationAddressPrefix": "*",
-              "destinationPortRange": "443"
-            }
-          }
         ]
       }
     }
   ]
 }
"""
BICEP = """\
 resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
   name: 'web'
   properties: {
     securityRules: [
       { // the office
         name: 'office'
         properties: {
           priority: 100
           direction: 'Inbound'
           access: 'Allow'
           protocol: 'Tcp'
           sourceAddressPrefixes: [
-            '198.51.100.7/24' // host bits
+            '198.51.100.0/24' // host bits
-            '198.51.100.9'
           ]
           sourcePortRange: '*'
           destinationAddressPrefix: '*'
           destinationPortRange: '443'
         }
       }
-      {
-        name: 'again'
-        properties: {
-          priority: 110
-          direction: 'Inbound'
-          access: 'Allow'
-          protocol: 'Tcp'
-          sourceAddressPrefix: '198.51.100.8'
-          sourcePortRange: '*'
-          destinationAddressPrefix: '*'
-          destinationPortRange: '443'
-        }
-      }
     ]
   }
 }
"""
TERRAFORM = """\
 resource "azurerm_network_security_group" "web" {
   name                = "web"
   location            = "westeurope"
   resource_group_name = "rg"

   # the office
   security_rule {
     name                       = "office"
     priority                   = 100
     direction                  = "Inbound"
     access                     = "Allow"
     protocol                   = "Tcp"
-    source_address_prefixes    = ["198.51.100.7/24", "198.51.100.9"] # all of it
+    source_address_prefixes    = ["198.51.100.0/24"] # all of it
     source_port_range          = "*"
     destination_address_prefix = "*"
     destination_port_range     = "443"
   }
-
-  security_rule {
-    name                       = "again"
-    priority                   = 110
-    direction                  = "Inbound"
-    access                     = "Allow"
-    protocol                   = "Tcp"
-    source_address_prefix      = "198.51.100.8"
-    source_port_range          = "*"
-    destination_address_prefix = "*"
-    destination_port_range     = "443"
-  }
 }

-resource "azurerm_network_security_rule" "more" {
-  name                        = "more"
-  priority                    = 120
-  direction                   = "Inbound"
-  access                      = "Allow"
-  protocol                    = "Tcp"
-  source_address_prefix       = "198.51.100.8"
-  source_port_range           = "*"
-  destination_address_prefix  = "*"
-  destination_port_range      = "443"
-  network_security_group_name = azurerm_network_security_group.web.name
-  resource_group_name         = "rg"
-}
-
 output "id" { value = azurerm_network_security_group.web.id } # stays
"""
MANAGED = """\
 vnet app { location westeurope; address 10.0.0.0/16; subnet s { address 10.0.1.0/24; nsg web } }
 nsg web { inbound { 100 office allow tcp from 198.51.100.0/24 to * port 443 } }
 network-manager vnm {
   management-group contoso
   group all { vnet app }
   configuration guardrails {
     collection baseline {
       applies-to all
       inbound {
         10 deny-low  deny tcp from 203.0.113.0/25   to any port 22  # half of it
         20 deny-high deny tcp from 203.0.113.128/25 to any port 22
-        30 deny-some deny tcp from 203.0.113.64/26  to any port 22  # goes
       }
     }
   }
   deploy guardrails to westeurope
 }
"""

MANAGED_TERRAFORM = """\
 resource "azurerm_virtual_network" "app" {
   name                = "app"
   location            = "westeurope"
   resource_group_name = "rg"
   address_space       = ["10.0.0.0/16"]
   subnet {
     name             = "s"
     address_prefixes = ["10.0.1.0/24"]
     security_group   = azurerm_network_security_group.web.id
   }
 }
 resource "azurerm_network_security_group" "web" {
   name                = "web"
   location            = "westeurope"
   resource_group_name = "rg"
 }
 resource "azurerm_network_manager" "vnm" {
   name                = "vnm"
   location            = "westeurope"
   resource_group_name = "rg"
   scope {
     subscription_ids = ["/subscriptions/00000000-0000-0000-0000-000000000000"]
   }
   scope_accesses = ["SecurityAdmin"]
 }
 resource "azurerm_network_manager_network_group" "all" {
   name               = "all"
   network_manager_id = azurerm_network_manager.vnm.id
 }
 resource "azurerm_network_manager_static_member" "app" {
   name                      = "app"
   network_group_id          = azurerm_network_manager_network_group.all.id
   target_virtual_network_id = azurerm_virtual_network.app.id
 }
 resource "azurerm_network_manager_security_admin_configuration" "g" {
   name               = "g"
   network_manager_id = azurerm_network_manager.vnm.id
 }
 resource "azurerm_network_manager_admin_rule_collection" "c" {
   name                            = "c"
   security_admin_configuration_id = azurerm_network_manager_security_admin_configuration.g.id
   network_group_ids               = [azurerm_network_manager_network_group.all.id]
 }
 resource "azurerm_network_manager_deployment" "d" {
   network_manager_id = azurerm_network_manager.vnm.id
   location           = "westeurope"
   scope_access       = "SecurityAdmin"
   configuration_ids  = [azurerm_network_manager_security_admin_configuration.g.id]
 }

 resource "azurerm_network_manager_admin_rule" "deny" {
   name                     = "deny"
   admin_rule_collection_id = azurerm_network_manager_admin_rule_collection.c.id
   action                   = "Deny"
   direction                = "Inbound"
   priority                 = 10
   protocol                 = "Tcp"
   destination_port_ranges  = ["22", "3389"] # both
   source {
     address_prefix_type = "IPPrefix"
     address_prefix      = "203.0.113.0/24"
   }
 }
-
-resource "azurerm_network_manager_admin_rule" "again" {
-  name                     = "again"
-  admin_rule_collection_id = azurerm_network_manager_admin_rule_collection.c.id
-  action                   = "Deny"
-  direction                = "Inbound"
-  priority                 = 20
-  protocol                 = "Tcp"
-  destination_port_ranges  = ["22"]
-  source {
-    address_prefix_type = "IPPrefix"
-    address_prefix      = "203.0.113.7"
-  }
-}
"""
TERRAFORM_JSON = """\
 {
   "resource": {
     "azurerm_network_security_group": {
       "web": {
         "name": "web",
         "location": "westeurope",
         "resource_group_name": "rg",
         "security_rule": [
           {
             "//": "the office",
             "name": "a", "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
             "source_port_range": "*", "destination_port_range": "443",
             "source_address_prefix": "198.51.100.0/24", "destination_address_prefix": "*"
-          },
+          }
-          {
-            "name": "b", "priority": 110, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
-            "source_port_range": "*", "destination_port_range": "443",
-            "source_address_prefix": "198.51.100.8", "destination_address_prefix": "*"
-          }
         ]
       }
     }
   }
 }
"""


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("web.nwp", NWP),
        ("web.yaml", YAML),
        ("web.json", JSON),
        ("main.bicep", BICEP),
        ("main.tf", TERRAFORM),
        ("avnm.nwp", MANAGED),
        ("main.tf", MANAGED_TERRAFORM),
        ("main.tf.json", TERRAFORM_JSON),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_and_layout_stay_in_every_format(tmp_path: Path, name: str, difference: str, newline: str) -> None:
    before, after = (text.replace("\n", newline) for text in sides(difference))
    path = tmp_path / name
    path.write_text(before, newline="")
    fix(path, "--severity", "note", "--ignore", "NWP302,NWP006")
    assert path.read_bytes().decode() == after


# --- rules that become one, and entries that do nothing ---


MERGED_NWP = """\
 nsg web {
   inbound {
     # the office, and who works at home
     100 office allow tcp from 198.51.100.0/24 to * port 80-90  # all of it
-    110 again  allow tcp from 198.51.100.8, 203.0.113.0/24 to * port 85
+    110 again  allow tcp from 203.0.113.0/24 to * port 85

-    200 https  allow tcp from 192.0.2.0/24 to * port 443
-    210 admin  allow tcp from 192.0.2.0/24 to * port 8443-8444, 9443
+    200 https  allow tcp from 192.0.2.0/24 to * port 443, 8443-8444, 9443
   }
 }
"""
MERGED_YAML = """\
 nwpolicy: 1
 networkSecurityGroups:
   - name: web
     securityRules:
       - name: office  # all of it
         priority: 100
         direction: Inbound
         access: Allow
         protocol: Tcp
         sourceAddressPrefix: 198.51.100.0/24
         destinationAddressPrefix: "*"
-        destinationPortRange: "443"
+        destinationPortRanges: ["443", "8443"]
-      - name: again
-        priority: 110
-        direction: Inbound
-        access: Allow
-        protocol: Tcp
-        sourceAddressPrefix: 198.51.100.0/24
-        destinationAddressPrefix: "*"
-        destinationPortRange: "8443"
       # two
       - name: home
         priority: 120
         direction: Inbound
         access: Allow
         protocol: Tcp
         sourceAddressPrefixes:
           - 203.0.113.0/24 # home
-          - 198.51.100.8
         destinationAddressPrefix: "*"
         destinationPortRange: "443"
"""
MERGED_JSON = """\
 {
   "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
   "contentVersion": "1.0.0.0",
   "resources": [
     {
       "type": "Microsoft.Network/networkSecurityGroups",
       "apiVersion": "2024-05-01",
       "name": "web",
       "properties": {
         "securityRules": [
           { // the office
             "name": "office",
             "properties": {
               "priority": 100,
               "direction": "Inbound",
               "access": "Allow",
               "protocol": "Tcp",
               "sourceAddressPrefix": "198.51.100.0/24",
               "sourcePortRange": "*",
               "destinationAddressPrefix": "*",
               "destinationPortRanges": [
                 "443", // TLS
-                "8443"
+                "8443",
+                "9443"
               ]
             }
-          },
+          }
-          {
-            "name": "again",
-            "properties": {
-              "priority": 110,
-              "direction": "Inbound",
-              "access": "Allow",
-              "protocol": "Tcp",
-              "sourceAddressPrefix": "198.51.100.0/24",
-              "sourcePortRange": "*",
-              "destinationAddressPrefix": "*",
-              "destinationPortRange": "9443"
-            }
-          }
         ]
       }
     }
   ]
 }
"""
MERGED_BICEP = """\
 resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
   name: 'web'
   properties: {
     securityRules: [
       { // the office
         name: 'office'
         properties: {
           priority: 100
           direction: 'Inbound'
           access: 'Allow'
           protocol: 'Tcp'
           sourceAddressPrefix: '198.51.100.0/24'
           sourcePortRange: '*'
           destinationAddressPrefix: '*'
-          destinationPortRange: '443' // TLS
+          destinationPortRanges: ['443', '8443'] // TLS
         }
       }
-      {
-        name: 'again'
-        properties: {
-          priority: 110
-          direction: 'Inbound'
-          access: 'Allow'
-          protocol: 'Tcp'
-          sourceAddressPrefix: '198.51.100.0/24'
-          sourcePortRange: '*'
-          destinationAddressPrefix: '*'
-          destinationPortRange: '8443'
-        }
-      }
       {
         name: 'more'
         properties: {
           priority: 120
           direction: 'Inbound'
           access: 'Allow'
           protocol: 'Tcp'
           sourceAddressPrefix: '198.51.100.0/24'
           sourcePortRange: '*'
           destinationAddressPrefix: '10.0.0.4'
           destinationPortRanges: [
             '22' // SSH
-            '8443'
           ]
         }
       }
     ]
   }
 }
"""
MERGED_OPEN = """\
 param office string
 resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
   name: 'web'
   properties: {
     securityRules: [
       { // the office
         name: 'office'
         properties: {
           priority: 100
           direction: 'Inbound'
           access: 'Allow'
           protocol: 'Tcp'
           sourceAddressPrefix: office
           sourcePortRange: '*'
           destinationAddressPrefix: '*'
-          destinationPortRange: '443' // TLS
+          destinationPortRanges: ['443', '8443'] // TLS
         }
       }
-      {
-        name: 'again'
-        properties: {
-          priority: 110
-          direction: 'Inbound'
-          access: 'Allow'
-          protocol: 'Tcp'
-          sourceAddressPrefix: office
-          sourcePortRange: '*'
-          destinationAddressPrefix: '*'
-          destinationPortRange: '8443'
-        }
-      }
     ]
   }
 }
"""
MERGED_TERRAFORM = """\
 resource "azurerm_network_security_group" "web" {
   name                = "web"
   location            = "westeurope"
   resource_group_name = "rg"

   # the office
   security_rule {
     name                       = "office"
     priority                   = 100
     direction                  = "Inbound"
     access                     = "Allow"
     protocol                   = "Tcp"
     source_address_prefix      = "198.51.100.0/24"
     source_port_range          = "*"
     destination_address_prefix = "*"
-    destination_port_range     = "443" # TLS
+    destination_port_ranges    = ["443", "8443"] # TLS
   }
-
-  security_rule {
-    name                       = "again"
-    priority                   = 110
-    direction                  = "Inbound"
-    access                     = "Allow"
-    protocol                   = "Tcp"
-    source_address_prefix      = "198.51.100.0/24"
-    source_port_range          = "*"
-    destination_address_prefix = "*"
-    destination_port_range     = "8443"
-  }
 }

 resource "azurerm_network_security_rule" "more" {
   name                        = "more"
   priority                    = 120
   direction                   = "Inbound"
   access                      = "Allow"
   protocol                    = "Tcp"
-  source_address_prefixes     = ["203.0.113.0/24", "198.51.100.8"]
+  source_address_prefixes     = ["203.0.113.0/24"]
   source_port_range           = "*"
   destination_address_prefix  = "*"
   destination_port_range      = "443"
   network_security_group_name = azurerm_network_security_group.web.name
   resource_group_name         = "rg"
 }
"""
MERGED_RESOURCES = """\
 resource "azurerm_network_security_group" "web" {
   name                = "web"
   location            = "westeurope"
   resource_group_name = "rg"
 }

 resource "azurerm_network_security_rule" "https" {
   name                        = "https"
   priority                    = 120
   direction                   = "Inbound"
   access                      = "Allow"
   protocol                    = "Tcp"
-  source_address_prefix       = "203.0.113.0/24"
+  source_address_prefixes     = ["203.0.113.0/24", "198.51.100.8"]
   source_port_range           = "*"
   destination_address_prefix  = "*"
   destination_port_range      = "443"
   network_security_group_name = azurerm_network_security_group.web.name
   resource_group_name         = "rg"
 }
-
-resource "azurerm_network_security_rule" "more" {
-  name                        = "more"
-  priority                    = 130
-  direction                   = "Inbound"
-  access                      = "Allow"
-  protocol                    = "Tcp"
-  source_address_prefix       = "198.51.100.8"
-  source_port_range           = "*"
-  destination_address_prefix  = "*"
-  destination_port_range      = "443"
-  network_security_group_name = azurerm_network_security_group.web.name
-  resource_group_name         = "rg"
-}
"""


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("web.nwp", MERGED_NWP),
        ("web.yaml", MERGED_YAML),
        ("web.json", MERGED_JSON),
        ("main.bicep", MERGED_BICEP),
        ("main.bicep", MERGED_OPEN),
        ("main.tf", MERGED_TERRAFORM),
        ("main.tf", MERGED_RESOURCES),
    ],
    ids=["nwp", "yaml", "json", "bicep", "bicep parameter", "terraform", "terraform resources"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_rules_become_one_and_dead_entries_go_in_every_format(
    tmp_path: Path, name: str, difference: str, newline: str
) -> None:
    before, after = (text.replace("\n", newline) for text in sides(difference))
    path = tmp_path / name
    path.write_text(before, newline="")
    fix(path, "--select", "NWP003,NWP006", "--severity", "note")
    assert path.read_bytes().decode() == after


def test_json_and_sarif_have_the_edits_that_mend_each_finding(tmp_path: Path) -> None:
    """Each by itself: put into the file as SARIF's regions say, it is what --fix would make of that finding alone."""
    path = tmp_path / "web.nwp"
    path.write_text(sides(NWP)[0])
    findings, results = (json.loads(printed(path, output)) for output in ("json", "sarif"))
    fixes = [finding["fix"] for finding in findings["findings"] if finding["fix"]]
    assert len(fixes) == len([one for one in findings["findings"] if one["fixable"]]) == 3
    changes = [one["fixes"][0]["artifactChanges"] for one in results["runs"][0]["results"] if "fixes" in one]
    assert len(changes) == len(fixes)
    lines = path.read_text().splitlines(keepends=True)
    masked = changes[0][0]["replacements"][0]
    region = masked["deletedRegion"]
    line = lines[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "198.51.100.7/24"
    assert masked["insertedContent"] == {"text": "198.51.100.0/24"}
    assert fixes[0][0]["location"]["column"] == region["startColumn"]


def printed(path: Path, output: str) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(io.StringIO()):
        cli.main(("lint", str(path), "--isolated", "--severity", "note", "--select", "NWP0,NWP4", "--output", output))
    return shown.getvalue()


# --- entries that become one ---

LISTS = {
    "web.yaml": """\
nwpolicy: 1
networkSecurityGroups:
  - name: web
    securityRules:
      - name: office
        priority: 100
        direction: Inbound
        access: Allow
        protocol: Tcp
        sourceAddressPrefixes: [{sources}]
        destinationAddressPrefix: "*"
        destinationPortRanges: [{ports}]  # both
""",
    "main.bicep": """\
resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {{
  name: 'web'
  properties: {{
    securityRules: [
      {{
        name: 'office'
        properties: {{
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: [{sources}]
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRanges: [{ports}] // both
        }}
      }}
    ]
  }}
}}
""",
    "main.tf": """\
resource "azurerm_network_security_rule" "office" {{
  name                        = "office"
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefixes     = [{sources}]
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_ranges     = [{ports}] # both
  network_security_group_name = "web"
  resource_group_name         = "rg"
}}
""",
    "web.nwp": "nsg web {{ inbound {{ 100 office allow tcp from {sources} to * port {ports} }} }}  # both\n",
}


def listed(name: str, sources: str, ports: str) -> str:
    """A file with two lists in it, whose entries are in its quotes."""
    quote = {".yaml": '"', ".bicep": "'", ".tf": '"', ".nwp": ""}[Path(name).suffix]
    quoted = {
        key: re.sub(r"[^, ]+", rf"{quote}\g<0>{quote}", text) for key, text in (("sources", sources), ("ports", ports))
    }
    return LISTS[name].format(**quoted)


@pytest.mark.parametrize("name", LISTS)
def test_entries_that_are_next_to_one_another_become_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(listed(name, "10.0.0.0/25, 192.0.2.4, 10.0.0.128/25, 10.0.1.0/24", "82, 80-90, 443, 85-95, 96"))
    assert fix(path, "--severity", "note", "--select", "NWP406,NWP417") == listed(
        name, "10.0.0.0/23, 192.0.2.4", "80-96, 443"
    )


@pytest.mark.parametrize(
    ("sources", "ports"),
    [
        ("10.0.1.0/24, 10.0.2.0/24", "80, 82"),
        ("10.0.0.0/24, fd00::/64", "79, 443"),
        ("10.0.0.0/25, 10.0.0.128/26", "80-81, 83"),
    ],
)
def test_entries_that_no_single_one_stands_for_stay(tmp_path: Path, sources: str, ports: str) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(listed("web.nwp", sources, ports))
    assert fix(path, "--severity", "note", "--select", "NWP406,NWP417") == listed("web.nwp", sources, ports)


# --- what is left alone, and why ---


def refusals(path: Path, *arguments: str) -> str:
    """What is said on standard error; the file must stay as it is."""
    before, said = path.read_bytes(), io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        cli.main(("lint", str(path.parent), "--isolated", "--severity", "note", "--fix", *arguments))
    assert path.read_bytes() == before
    return said.getvalue()


RULE = """\
    priority                   = {priority}
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    source_address_prefix      = {source}
    destination_address_prefix = "*"
    destination_port_range     = "443"
"""
GROUP = """\
resource "azurerm_network_security_group" "web" {{
  name                = "web"
  location            = "westeurope"
  resource_group_name = "rg"
  security_rule {{
    name = "first"
{first}  }}
{more}}}
"""


def terraform(more: str, source: str = '"203.0.113.0/24"') -> str:
    return GROUP.format(first=RULE.format(priority=100, source=source), more=more)


def test_a_block_that_a_loop_makes_is_left_alone(tmp_path: Path) -> None:
    rule = RULE.format(priority="110 + security_rule.key", source='"203.0.113.7"')
    more = '  dynamic "security_rule" {\n    for_each = [1, 2]\n    content {\n    name = "r${security_rule.key}"\n'
    path = tmp_path / "main.tf"
    path.write_text(terraform(f"{more}{rule}    }}\n  }}\n"))
    assert "NWP001 is not fixed: a loop makes several rules of what stands there" in refusals(path)


def test_a_rule_that_is_shadowed_for_the_default_value_only_is_left_alone(tmp_path: Path) -> None:
    rule = RULE.format(priority=110, source='"203.0.113.7"')
    more = f'  security_rule {{\n    name = "second"\n{rule}  }}\n'
    path = tmp_path / "main.tf"
    path.write_text('variable "office" { default = "203.0.113.0/24" }\n' + terraform(more, "var.office"))
    assert "NWP001 is not fixed: flows might fare otherwise, for other values of parameters" in refusals(path)


def test_a_module_that_is_called_twice_is_mended_for_both_or_not_at_all(tmp_path: Path) -> None:
    """Whatever it is called with, the second rule does nothing."""
    module = tmp_path / "modules" / "web"
    module.mkdir(parents=True)
    second = f'  security_rule {{\n    name = "second"\n{RULE.format(priority=110, source="var.office")}  }}\n'
    variable = 'variable "office" {}\nvariable "name" {}\n'
    text = terraform(second, "var.office").replace('"web"\n', "var.name\n")
    (module / "main.tf").write_text(variable + text)
    calls = [
        f'module "{name}" {{\n  source = "./modules/web"\n  name   = "{name}"\n  office = "{office}"\n}}\n'
        for name, office in (("a", "203.0.113.0/24"), ("b", "10.0.0.0/8"))
    ]
    (tmp_path / "main.tf").write_text("".join(calls))
    fix(tmp_path / "main.tf", "--ignore", "NWP002")
    assert (module / "main.tf").read_text() == variable + text.replace(second, "")


def test_an_entry_that_a_variable_brings_is_left_alone(tmp_path: Path) -> None:
    text = 'variable "offices" { default = ["203.0.113.0/24", "203.0.113.7"] }\n'
    text += terraform("", "null").replace("source_address_prefix      = null", "source_address_prefixes = var.offices")
    path = tmp_path / "main.tf"
    path.write_text(text)
    assert "NWP406 is not fixed: the value is written elsewhere" in refusals(path)


def test_an_admin_rule_that_those_of_another_collection_shadow_is_left_alone(tmp_path: Path) -> None:
    text, _ = sides(MANAGED)
    rule = "30 deny-some deny tcp from 203.0.113.64/26 to any port 22"
    moved = f"    collection later {{\n      applies-to all\n      inbound {{\n        {rule}\n      }}\n    }}\n"
    lines = [line for line in text.splitlines(keepends=True) if "deny-some" not in line]
    at = next(n for n, line in enumerate(lines) if line.startswith("  deploy")) - 1
    path = tmp_path / "avnm.nwp"
    path.write_text("".join((*lines[:at], moved, *lines[at:])))
    assert "NWP001 is not fixed: flows might fare otherwise" in refusals(path)


def test_a_suppression_that_is_not_needed_goes(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(
        "nsg web {\n  inbound {\n    # nwpolicy: ignore[NWP101] it was open\n"
        "    100 a allow tcp from 10.0.0.0/8 to * port 22  # nwpolicy: ignore[NWP102] and this\n  }\n}\n"
    )
    assert fix(path) == "nsg web {\n  inbound {\n    100 a allow tcp from 10.0.0.0/8 to * port 22\n  }\n}\n"


def test_a_classic_tag_is_spelled_as_today(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text("nsg web {\n  inbound {\n    100 a allow tcp from VIRTUAL_NETWORK to * port 22\n  }\n}\n")
    assert "from VirtualNetwork to" in fix(path, "--severity", "note")


WEB = "nsg web {{\n  inbound {{\n    100 a allow tcp from 192.0.2.0/24 to * port 80\n{}  }}\n}}\n"


@pytest.mark.parametrize(
    "lines",
    [
        "    110 b allow tcp from 192.0.2.0/24 to * port 443 # the shop\n",
        "    # the shop\n    110 b allow tcp from 192.0.2.0/24 to * port 443\n",
        '    110 b allow tcp from 192.0.2.0/24 to * port 443 description "the shop"\n',
    ],
)
def test_what_is_said_of_a_rule_is_not_lost_by_making_it_a_part_of_another(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(WEB.format(lines))
    assert "NWP006 is not fixed: it has a description or a comment of its own" in refusals(path)


def test_rules_become_one_step_by_step(tmp_path: Path) -> None:
    """In the first round the second rule is part of the first, and the third one could be part of either."""
    path = tmp_path / "web.nwp"
    path.write_text(
        WEB.format("".join(f"    {n} r{n} allow tcp from 192.0.2.0/24 to * port {n}\n" for n in (110, 120)))
    )
    merged = "    100 a allow tcp from 192.0.2.0/24 to * port 80, 110, 120\n"
    assert fix(path, "--severity", "note") == f"nsg web {{\n  inbound {{\n{merged}  }}\n}}\n"


def test_of_rules_that_differ_in_different_lists_one_becomes_part_of_the_first(tmp_path: Path) -> None:
    """Each could; with both the first rule would let the second office in on port 443."""
    path = tmp_path / "web.nwp"
    rest = "    120 c allow tcp from 198.51.100.0/24 to * port 80\n"
    path.write_text(WEB.format(f"    110 b allow tcp from 192.0.2.0/24 to * port 443\n{rest}"))
    merged = "    100 a allow tcp from 192.0.2.0/24 to * port 80, 443\n"
    assert fix(path, "--severity", "note") == f"nsg web {{\n  inbound {{\n{merged}{rest}  }}\n}}\n"


def test_several_dead_entries_of_one_list_all_go(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(WEB.format("    110 b allow tcp from 192.0.2.4 to * port 79, 80, 78, 80-80, 81\n"))
    fixed = fix(path, "--severity", "note", "--select", "NWP003")
    assert fixed == WEB.format("    110 b allow tcp from 192.0.2.4 to * port 79, 78, 81\n")


def test_an_entry_that_was_meant_to_do_the_opposite_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(WEB.format("    110 b deny tcp from 192.0.2.0/25 to * port 80, 443\n"))
    refusals(path, "--select", "NWP003")
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        cli.main(("lint", str(path), "--isolated", "--severity", "note", "--select", "NWP003"))
    assert "a (100) takes every flow that it stands for, and does the opposite" in shown.getvalue()


def test_rules_in_two_files_do_not_become_one(tmp_path: Path) -> None:
    (tmp_path / "group.tf").write_text(terraform(""))
    rule = RULE.format(priority=110, source='"198.51.100.7"')
    path = tmp_path / "rule.tf"
    path.write_text(
        'resource "azurerm_network_security_rule" "more" {\n    name = "more"\n'
        f"{rule}    network_security_group_name = azurerm_network_security_group.web.name\n"
        '    resource_group_name = "rg"\n}\n'
    )
    refusals(path, "--select", "NWP006")


def test_of_two_rules_in_two_files_of_which_either_could_go_one_stays(tmp_path: Path) -> None:
    """Each file is proved beside the others as they then are."""
    (tmp_path / "group.tf").write_text(terraform("").split("  security_rule")[0] + "}\n")
    head = 'resource "azurerm_network_security_rule" "{0}" {{\n    name = "{0}"\n'
    tail = (
        '    network_security_group_name = azurerm_network_security_group.web.name\n    resource_group_name = "rg"\n}\n'
    )
    for name, priority in (("a", 100), ("b", 110)):
        rule = RULE.format(priority=priority, source='"198.51.100.7"')
        (tmp_path / f"{name}.tf").write_text(head.format(name) + rule + tail)
    told(tmp_path)
    assert "".join((tmp_path / f"{name}.tf").read_text() for name in "ab").count("resource ") == 1


# --- what cannot be mended does not keep the rest from it ---

MIXED = """\
let office = 10.1.0.0/16, 10.1.0.0/24
nsg first { inbound {
  100 a allow tcp from $office to * port 443
} }
nsg second { inbound {
  110 b allow tcp from 10.9.1.0/24, 10.9.0.0/16 to * port 443
  120 c allow tcp from 10.9.1.0/24 to * port 443
  130 d allow tcp from 10.8.1.1/24 to * port 8443
} }
"""
MIXED_MENDED = """\
let office = 10.1.0.0/16, 10.1.0.0/24
nsg first { inbound {
  100 a allow tcp from $office to * port 443
} }
nsg second { inbound {
  110 b allow tcp from 10.9.0.0/16 to * port 443
  130 d allow tcp from 10.8.1.0/24 to * port 8443
} }
"""


def told(path: Path, *arguments: str) -> tuple[str, str]:
    """What `--fix` says of a file: on standard output, and on standard error."""
    shown, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(said):
        cli.main(("lint", str(path), "--isolated", "--severity", "note", "--fix", *arguments))
    return shown.getvalue(), said.getvalue()


def test_a_finding_that_cannot_be_mended_does_not_keep_others_from_it(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(MIXED)
    _, said = told(path)
    assert path.read_text() == MIXED_MENDED
    reason = "the value is written elsewhere, where it may be for other rules too"
    assert said == f"3 fixed\n{path}:1:27: NWP406 is not fixed: {reason}\n"


def test_what_could_not_be_mended_is_not_counted_as_fixable(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(MIXED)
    shown, _ = told(path)
    assert shown.endswith("1 finding (1 note) in 1 file\n")
    again, _ = told(path, "--output", "json")
    assert [finding["fixable"] for finding in json.loads(again)["findings"]] == [False]


def test_every_finding_that_is_left_has_its_reason_even_where_little_is_to_be_said(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(MIXED.replace("10.1.0.0/24", "10.1.0.0/24, 10.1.2.0/24"))
    _, said = told(path, "-q")
    assert [line.split(": ")[0].removeprefix(str(path)) for line in said.splitlines()] == [":1:27", ":1:40"]


def test_a_second_time_nothing_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(MIXED)
    first = told(path)[1].splitlines()
    assert told(path)[1].splitlines() == first[1:]
    assert path.read_text() == MIXED_MENDED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "difference"), [("web.nwp", NWP), ("web.yaml", YAML), ("web.json", JSON), ("main.bicep", BICEP)]
)
def test_a_byte_order_mark_and_line_ends_stay(
    tmp_path: Path, name: str, difference: str, newline: str, encoding: str
) -> None:
    before, after = (text.replace("\n", newline).encode(encoding) for text in sides(difference))
    path = tmp_path / name
    path.write_bytes(before)
    told(path, "--ignore", "NWP302,NWP006")
    assert path.read_bytes() == after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_byte_order_mark_stays_in_a_file_of_terraform(tmp_path: Path, newline: str) -> None:
    before, after = (text.replace("\n", newline).encode("utf-8-sig") for text in sides(TERRAFORM))
    path = tmp_path / "main.tf"
    path.write_bytes(before)
    told(path, "--ignore", "NWP302,NWP006")
    assert path.read_bytes() == after


# --- what others than people write ---

ROWS: list[dict[str, Any]] = [
    {
        "name": name,
        "properties": {
            **FIELDS,
            "priority": priority,
            "sourceAddressPrefix": "198.51.100.7/24",
            "sourcePortRange": "*",
            "destinationPortRange": "443",
        },
    }
    for name, priority in (("a", 100), ("b", 110))
]
EXPORTED_GROUP = {
    "id": "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web",
    "name": "web",
    "type": "Microsoft.Network/networkSecurityGroups",
    "location": "westeurope",
}
SHOWN_BY_CLI = {**EXPORTED_GROUP, "securityRules": [{"name": row["name"], **row["properties"]} for row in ROWS]}
COMPILED = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "metadata": {"_generator": {"name": "bicep", "version": "0.30.3.12046", "templateHash": "1"}},
    "resources": [{**EXPORTED_GROUP, "apiVersion": "2024-05-01", "properties": {"securityRules": ROWS}}],
}
STATE_RULE = {
    "name": "",
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "source_address_prefix": "198.51.100.7/24",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "443",
}
STATE = {
    "version": 4,
    "terraform_version": "1.9.0",
    "serial": 1,
    "lineage": "1",
    "outputs": {},
    "resources": [
        {
            "mode": "managed",
            "type": "azurerm_network_security_group",
            "name": "web",
            "provider": 'provider["registry.terraform.io/hashicorp/azurerm"]',
            "instances": [
                {
                    "attributes": {
                        "id": EXPORTED_GROUP["id"],
                        "name": "web",
                        "security_rule": [
                            {**STATE_RULE, "name": "a", "priority": 100},
                            {**STATE_RULE, "name": "b", "priority": 110},
                        ],
                    }
                }
            ],
        }
    ],
}


@pytest.mark.parametrize(
    ("maker", "content"),
    [
        ("Azure", SHOWN_BY_CLI),
        ("Azure", [SHOWN_BY_CLI]),
        ("Azure", {"count": 1, "data": [{**EXPORTED_GROUP, "properties": {"securityRules": ROWS}}]}),
        ("Terraform", STATE),
        ("Bicep", COMPILED),
    ],
    ids=["az network nsg show", "az network nsg list", "Resource Graph", "state", "compiled template"],
)
def test_a_file_that_is_no_source_is_left_alone_with_the_reason(tmp_path: Path, maker: str, content: object) -> None:
    path = tmp_path / "main.json"
    path.write_text(json.dumps(content, indent=2))
    before = path.read_bytes()
    shown = printed(path, "text")
    assert "NWP001 warning: b never allows anything" in shown
    assert "fixable" not in shown
    _, said = told(path, "--select", "NWP001,NWP405")
    assert path.read_bytes() == before
    reason = f"is not fixed: {maker} wrote this file, the rules are to be changed where they are defined"
    assert said.count(f"NWP001 {reason}") == 1
    assert all(line.endswith(reason) for line in said.splitlines())


# --- what else names a rule that does nothing ---

STANDING_ALONE = """\
resource "azurerm_network_security_rule" "{name}" {{
    name = "{name}"
{rule}    network_security_group_name = azurerm_network_security_group.web.name
    resource_group_name = "rg"
}}
"""
BICEP_RULE = """\
resource {name} 'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01' = {{
  parent: nsg
  name: '{name}'
  properties: {{
    priority: {priority}
    direction: 'Inbound'
    access: 'Allow'
    protocol: 'Tcp'
    sourceAddressPrefix: '203.0.113.0/24'
    sourcePortRange: '*'
    destinationAddressPrefix: '*'
    destinationPortRange: '443'
  }}
}}
"""


@pytest.mark.parametrize("other", ["main.tf", "outputs.tf", "rules.tftest.hcl", "more.tf.json"])
def test_a_resource_that_another_one_names_stays(tmp_path: Path, other: str) -> None:
    path = tmp_path / "main.tf"
    rules = (
        STANDING_ALONE.format(name=name, rule=RULE.format(priority=priority, source='"203.0.113.0/24"'))
        for name, priority in (("a", 100), ("b", 110))
    )
    path.write_text(terraform("").split("  security_rule")[0] + "}\n" + "".join(rules))
    named = 'output "x" { value = azurerm_network_security_rule.b.id }\n'
    if other.endswith(".json"):
        named = json.dumps({"output": {"x": {"value": "${azurerm_network_security_rule.b.id}"}}})
    with (tmp_path / other).open("a") as file:
        file.write(named)
    reason = "NWP001 is not fixed: something else names it, such as an output, or what depends on it"
    assert reason in refusals(path, "--select", "NWP001")


def test_a_resource_that_only_a_comment_names_goes(tmp_path: Path) -> None:
    path = tmp_path / "main.bicep"
    group = "resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {\n  name: 'nsg'\n}\n"
    first, second = (BICEP_RULE.format(name=f"rule{n}", priority=n) for n in (100, 110))
    path.write_text(f"{group}{first}{second}// rule110 is not needed\n")
    assert fix(path) == f"{group}{first}// rule110 is not needed\n"


def test_a_symbol_that_an_output_names_stays(tmp_path: Path) -> None:
    path = tmp_path / "main.bicep"
    group = "resource nsg 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {\n  name: 'nsg'\n}\n"
    rules = "".join(BICEP_RULE.format(name=f"rule{n}", priority=n) for n in (100, 110))
    path.write_text(f"{group}{rules}output x string = rule110.id\n")
    assert "NWP001 is not fixed: something else names it" in refusals(path, "--select", "NWP001")


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("web/b", "[resourceId('Microsoft.Network/networkSecurityGroups/securityRules', 'web', 'b')]"),
        ("web/b", "web/b"),
        ("[concat(parameters('web'), '/b')]", "[concat(parameters('web'), '/b')]"),
        ("[format('{0}/{1}', parameters('web'), 'b')]", "[concat('x/securityRules/', parameters('web'), '/', 'b')]"),
        ("web/b", None),
    ],
)
def test_a_rule_of_its_own_stays_in_a_template_where_others_depend_on_it(
    tmp_path: Path, name: str, needed: str | None
) -> None:
    first = {"name": name.replace("/b", "/a").replace("'b'", "'a'"), "properties": ROWS[0]["properties"]}
    path = tmp_path / "main.json"
    path.write_text(template_with([first, {"name": name, "properties": ROWS[1]["properties"]}], needed))
    said = told(path, "--select", "NWP001")[1]
    assert ("something else names it" in said) is (needed is not None)
    assert len(json.loads(path.read_text())["resources"]) == (4 if needed else 3)


def test_a_loop_of_one_rule_stays_where_others_depend_on_it(tmp_path: Path) -> None:
    first = {"name": "web/a", "properties": ROWS[0]["properties"]}
    loop = {"name": "[concat('web/b', copyIndex())]", "copy": {"name": "loop", "count": 1}}
    path = tmp_path / "main.json"
    path.write_text(template_with([first, {**loop, "properties": ROWS[1]["properties"]}], "loop"))
    assert "NWP001 is not fixed: something else names it" in refusals(path, "--select", "NWP001")


def template_with(rules: list[dict[str, Any]], needed: str | None) -> str:
    """A template with rules of their own, and something that depends on what is said."""
    kind = "Microsoft.Network/networkSecurityGroups"
    address = {"type": "Microsoft.Network/publicIPAddresses", "apiVersion": "2024-05-01", "name": "pip"}
    template = {
        **{key: COMPILED[key] for key in ("$schema", "contentVersion")},
        "parameters": {"web": {"type": "string", "defaultValue": "web"}},
        "resources": [
            {"type": kind, "apiVersion": "2024-05-01", "name": "web", "properties": {}},
            *({"type": f"{kind}/securityRules", "apiVersion": "2024-05-01", **rule} for rule in rules),
            {**address, "properties": {}, "dependsOn": [needed] if needed else []},
        ],
    }
    return json.dumps(template, indent=2)


# --- what comments say to the linter ---

SAID_NWP = """\
 nsg web {
   inbound {
     100 a allow tcp from 198.51.100.0/24 to * port 443

-    # nwpolicy: ignore[NWP405] the router
     # for the office
-    # nwpolicy: ignore[NWP409] both
-    110 b allow tcp from 198.51.100.7/24 to * port 443 # nwpolicy: ignore[NWP405] again

     120 c allow tcp from 203.0.113.9/24  to * port 8443 # nwpolicy: ignore[NWP405] stays
   }
 }
"""
SAID_YAML = """\
 nwpolicy: 1
 networkSecurityGroups:
   - name: web
     securityRules:
       # nwpolicy: ignore[NWP405] the first one
       - { name: a, priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: "*",
           destinationAddressPrefix: "*", destinationPortRange: "443" }
       # for the office
-      # nwpolicy: ignore[NWP405] the router
-      - name: b # nwpolicy: ignore[NWP409] here too
-        priority: 110
-        direction: Inbound
-        access: Allow
-        protocol: Tcp
-        sourceAddressPrefix: 198.51.100.8/24
-        destinationAddressPrefix: "*"
-        destinationPortRange: "443"
       # nwpolicy: ignore[NWP405] stays
       - { name: c, priority: 120, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: 10.1.1.1/8,
           destinationAddressPrefix: "*", destinationPortRange: "8443" }
"""
SAID_JSON = """\
 {
   "nwpolicy": 1,
   "networkSecurityGroups": [
     {
       "name": "web",
       "securityRules": [
         {
           "name": "a", "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
           "sourceAddressPrefix": "198.51.100.0/24", "destinationAddressPrefix": "*", "destinationPortRange": "443"
-        }, // a, b
+        } // a, b
         // for the office,
-        /* nwpolicy: ignore[NWP405] the router */
-        {
-          "name": "b", "priority": 110, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
-          "sourceAddressPrefix": "198.51.100.8/24", "destinationAddressPrefix": "*", "destinationPortRange": "443"
-        } // nwpolicy: ignore[NWP409] and this
       ]
     }
   ]
 }
"""
SAID_BICEP = """\
 resource web 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
   name: 'web'
   properties: {
     securityRules: [
       {
         name: 'a'
         properties: { priority: 100, direction: 'Inbound', access: 'Allow', protocol: 'Tcp', sourceAddressPrefix: '*'
           sourcePortRange: '*', destinationAddressPrefix: '*', destinationPortRange: '443' }
       }
       /* for the office
-       * nwpolicy: ignore[NWP405] the router
        */
-      // nwpolicy: ignore[NWP405] the router
-      {
-        name: 'b'
-        properties: { priority: 110, direction: 'Inbound', access: 'Allow', protocol: 'Tcp'
-          sourceAddressPrefix: '198.51.100.8/24'
-          sourcePortRange: '*', destinationAddressPrefix: '*', destinationPortRange: '443' }
-      }
       {
         name: 'c'
         properties: { priority: 120, direction: 'Inbound', access: 'Allow', protocol: 'Tcp'
           sourceAddressPrefix: '203.0.113.9/24' // nwpolicy: ignore[NWP405] stays
           sourcePortRange: '*', destinationAddressPrefix: '*', destinationPortRange: '8443' }
       }
     ]
   }
 }
"""
SAID_TERRAFORM = """\
 resource "azurerm_network_security_group" "web" {
   name                = "web"
   location            = "westeurope"
   resource_group_name = "rg"
   security_rule {
     name                       = "a"
     priority                   = 100
     direction                  = "Inbound"
     access                     = "Allow"
     protocol                   = "Tcp"
     source_address_prefix      = "198.51.100.0/24"
     source_port_range          = "*"
     destination_address_prefix = "*"
     destination_port_range     = "443"
   }
-
-  // nwpolicy: ignore[NWP405] the router
-  security_rule {
-    name                       = "b"
-    priority                   = 110
-    direction                  = "Inbound"
-    access                     = "Allow"
-    protocol                   = "Tcp"
-    source_address_prefix      = "198.51.100.8/24"
-    source_port_range          = "*"
-    destination_address_prefix = "*"
-    destination_port_range     = "443"
-  } # nwpolicy: ignore[NWP405] again

   # nwpolicy: ignore[NWP405] stays
   security_rule {
     name                       = "c"
     priority                   = 120
     direction                  = "Inbound"
     access                     = "Allow"
     protocol                   = "Tcp"
     source_address_prefix      = "203.0.113.9/24"
     source_port_range          = "*"
     destination_address_prefix = "*"
     destination_port_range     = "8443"
   }
 }
"""


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("web.nwp", SAID_NWP),
        ("web.yaml", SAID_YAML),
        ("web.json", SAID_JSON),
        ("main.bicep", SAID_BICEP),
        ("main.tf", SAID_TERRAFORM),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_said_to_the_linter_of_a_rule_goes_with_it(
    tmp_path: Path, name: str, difference: str, newline: str
) -> None:
    before, after = (text.replace("\n", newline) for text in sides(difference))
    path = tmp_path / name
    path.write_text(before, newline="")
    fix(path, "--select", "NWP001")
    assert path.read_bytes().decode() == after


def test_what_is_said_to_the_linter_of_an_entry_goes_with_it(tmp_path: Path) -> None:
    difference = YAML.split("         destinationAddressPrefix", maxsplit=1)[0].replace(
        "           # one machine\n", "           # one machine\n-          # nwpolicy: ignore[NWP101] one only\n"
    )
    rest = '         destinationAddressPrefix: "*"\n         destinationPortRange: "443"\n'
    before, after = sides(difference + rest)
    path = tmp_path / "web.yaml"
    path.write_text(before)
    assert fix(path, "--severity", "note", "--select", "NWP405,NWP406") == after


def test_of_rules_on_one_line_a_comment_above_is_for_all(tmp_path: Path) -> None:
    rules = [{**ROWS[0]["properties"], "name": row["name"], "priority": row["properties"]["priority"]} for row in ROWS]
    line, left = (", ".join(map(json.dumps, some)) for some in (rules, rules[:1]))
    text = (
        '{"nwpolicy": 1, "networkSecurityGroups": [{"name": "web", "securityRules": [\n// nwpolicy: ignore[NWP405] x\n'
    )
    path = tmp_path / "web.json"
    path.write_text(f"{text}{line}]}}]}}\n")
    assert fix(path, "--select", "NWP001") == f"{text}{left}]}}]}}\n"


def test_an_entry_with_a_comment_of_its_own_does_not_become_part_of_another(tmp_path: Path) -> None:
    path = tmp_path / "web.nwp"
    path.write_text(
        "nsg web {\n  inbound {\n    100 a allow tcp from 10.0.0.0/25, # the shop\n"
        "      10.0.0.128/25 # the office\n      to * port 443\n  }\n}\n"
    )
    assert "NWP417 is not fixed: it has a comment of its own, which the other entry would lack" in refusals(
        path, "--select", "NWP417"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("port 80,\n      80-81", "port 80-81"),
        ("port 80-81,\n      80", "port 80-81"),
        ("port 80,  # the shop\n      80-81", "port 80-81"),
        ("port 80-81,\n      80, 443", "port 80-81,\n      443"),
        ("port 443, # the shop\n      80-81,\n      80 # goes\n", "port 443, # the shop\n      80-81\n"),
    ],
)
def test_entries_go_from_lists_of_several_lines(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "web.nwp"
    text = "nsg web {{\n  inbound {{\n    100 a allow tcp from * to * {}\n  }}\n}}\n"
    path.write_text(text.format(before))
    assert fix(path, "--severity", "note", "--select", "NWP406") == text.format(after)


def test_a_comment_that_is_not_about_an_entry_stays(tmp_path: Path) -> None:
    """There is nowhere to put it, so the entry stays too."""
    path = tmp_path / "web.nwp"
    path.write_text(
        "nsg web {\n  inbound {\n    100 a allow tcp from 10.0.0.0/8, # all\n      10.1.0.0/16 to * port 80\n  }\n}\n"
    )
    assert "NWP406 is not fixed" in refusals(path, "--select", "NWP406")
