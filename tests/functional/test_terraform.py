"""Terraform from the command line: questions to configurations, and what a plan changes."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from nwpolicy.readers.load import load, load_plan

Run = Callable[..., "subprocess.CompletedProcess[str]"]

MAIN: Final = """
resource "azurerm_resource_group" "rg" {
  name     = "rg"
  location = "West Europe"
}

resource "azurerm_network_security_group" "web" {
  name                = "nsg-web"
  location            = azurerm_resource_group.rg.location
  resource_group_name = azurerm_resource_group.rg.name

  security_rule {
    name                       = "ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "22"
    source_address_prefix      = var.admin_cidr
    destination_address_prefix = "*"
  }
}
"""
VARIABLES: Final = """
variable "admin_cidr" {
  type = string
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    infra = tmp_path / "infra"
    infra.mkdir()
    (infra / "main.tf").write_text(MAIN, encoding="utf-8")
    (infra / "variables.tf").write_text(VARIABLES, encoding="utf-8")
    return tmp_path


_SSH: Final = ("--nsg", "nsg-web", "--direction", "Inbound", "--protocol", "TCP", "--port", "22", "--remote", "8.8.8.8")


def test_an_answer_depends_on_a_variable_without_default(nwpolicy_cli: Run, folder: Path) -> None:
    done = nwpolicy_cli("verify", "infra", *_SSH, cwd=folder)
    assert done.returncode == 3
    assert done.stdout.splitlines()[:6] == [
        "DEPENDS  tcp 8.8.8.8 → nsg-web:22   inbound at nsg-web",
        "  on var.admin_cidr (infra/variables.tf:2:1): the variable admin_cidr has no default",
        "  allowed  for example if var.admin_cidr = 8.8.8.8",
        "           tcp 8.8.8.8:50000 → 198.51.100.4:22 by securityRules/ssh",
        "  denied   for example if var.admin_cidr = 192.0.2.0/24",
        "           tcp 8.8.8.8:50000 → 198.51.100.4:22 by defaultSecurityRules/DenyAllInBound",
    ]


@pytest.mark.parametrize(("cidr", "verdict"), [("8.0.0.0/8", "ALLOWED"), ("10.0.0.0/8", "DENIED")])
def test_the_value_of_the_variable_decides(nwpolicy_cli: Run, folder: Path, cidr: str, verdict: str) -> None:
    done = nwpolicy_cli("verify", "infra", *_SSH, "--set", f"admin_cidr={cidr}", cwd=folder)
    assert done.stdout.startswith(verdict)
    (folder / "infra" / "terraform.tfvars").write_text(f'admin_cidr = "{cidr}"\n', encoding="utf-8")
    assert nwpolicy_cli("verify", "infra", *_SSH, cwd=folder).stdout.startswith(verdict)


def test_a_file_stands_for_the_configuration_that_it_is_a_part_of(nwpolicy_cli: Run, folder: Path) -> None:
    whole = nwpolicy_cli("verify", "infra", *_SSH, cwd=folder)
    part = nwpolicy_cli("verify", "infra/main.tf", "infra/variables.tf", *_SSH, cwd=folder)
    assert (part.returncode, part.stdout) == (3, whole.stdout)


def test_a_file_of_no_network_is_an_error(nwpolicy_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "azurerm_resource_group" "rg" {\n  name = "x"\n}\n', encoding="utf-8")
    done = nwpolicy_cli("verify", "main.tf", "--nsg", "x", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("main.tf:1:1: error: this configuration holds no definitions of network rules")


def test_a_syntax_error_is_told_with_its_line(nwpolicy_cli: Run, folder: Path) -> None:
    path = folder / "infra" / "main.tf"
    path.write_text(MAIN.replace('name     = "rg"', 'name     = "rg'), encoding="utf-8")
    done = nwpolicy_cli("verify", "infra", "--nsg", "nsg-web", cwd=folder)
    assert done.returncode == 2
    assert done.stderr == (
        "infra/main.tf:3:14: error: the string does not end on its line [unclosed-quotes]\n"
        '3 |   name     = "rg\n'
        "  |              ^^^\n"
    )


def test_modules_of_the_repository_are_followed_and_no_others(tmp_path: Path) -> None:
    live, module = tmp_path / "repository" / "live", tmp_path / "repository" / "modules" / "nsg"
    for folder in (live, module, tmp_path / "other"):
        folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (module / "main.tf").write_text(MAIN + VARIABLES, encoding="utf-8")
    (tmp_path / "other" / "main.tf").write_text(MAIN + VARIABLES, encoding="utf-8")
    call = 'module "a" {\n  source = "../modules/nsg"\n}\nmodule "b" {\n  source = "../../other"\n}\n'
    (live / "main.tf").write_text(call, encoding="utf-8")
    found = load(str(live))
    assert [Path(one.source.location.file).parent.name for one in found.resources] == ["nsg"]
    assert [one.code for one in found.diagnostics] == ["outside-root"]


def test_modules_and_files_of_a_revision_are_those_of_the_revision(nwpolicy_cli: Run, tmp_path: Path) -> None:
    live, module = tmp_path / "live", tmp_path / "modules"
    live.mkdir()
    module.mkdir()
    rule = MAIN.replace("var.admin_cidr", 'trimspace(file("${path.module}/admin.txt"))')
    (live / "main.tf").write_text('module "nsg" {\n  source = "../modules"\n}\n', encoding="utf-8")
    (module / "main.tf").write_text(rule, encoding="utf-8")
    (module / "admin.txt").write_text("10.0.0.0/8\n", encoding="utf-8")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "x")):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    (module / "admin.txt").write_text("11.0.0.0/8\n", encoding="utf-8")
    done = nwpolicy_cli("diff", "--base", "HEAD", "live", cwd=tmp_path)
    assert "OPENED  tcp 22  11.0.0.0/8 → nsg-web" in done.stdout
    assert "ssh 100   HEAD:modules/main.tf:12:3" in done.stdout


def test_a_folder_of_an_archive_holds_a_configuration(nwpolicy_cli: Run, folder: Path) -> None:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("live/main.tf", 'module "nsg" {\n  source = "../modules"\n  admin_cidr = "8.0.0.0/8"\n}\n')
        archive.writestr("modules/main.tf", MAIN + VARIABLES)
    for path in ("all.zip", "all.zip/live"):
        assert nwpolicy_cli("verify", path, *_SSH, cwd=folder).stdout.startswith("ALLOWED")


def test_a_fix_of_what_a_variable_brings_is_told_and_not_shown_as_an_edit(nwpolicy_cli: Run, folder: Path) -> None:
    done = nwpolicy_cli("why", "infra", *_SSH, "--set", "admin_cidr=10.0.0.0/8", cwd=folder)
    reason = "not shown as an edit: an expression, a loop or a module makes what stands here"
    fix = f"ssh: add 8.8.8.8 to its sources ({reason})"
    assert f"  infra/main.tf:12:3  {fix}" in done.stdout.splitlines()


def plan(before: str | None, after: str | None) -> str:
    def rule(source: str | None) -> dict[str, Any] | None:
        if source is None:
            return None
        return {
            "name": "ssh",
            "resource_group_name": "rg",
            "network_security_group_name": "nsg-web",
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "source_port_range": "*",
            "destination_port_range": "22",
            "source_address_prefix": source,
            "destination_address_prefix": "*",
        }

    group = {"name": "nsg-web", "resource_group_name": "rg", "location": "westeurope", "security_rule": []}
    subnet = {
        "name": "web",
        "virtual_network_name": "net",
        "resource_group_name": "rg",
        "address_prefixes": ["10.0.1.0/24"],
    }
    network = {"name": "net", "resource_group_name": "rg", "location": "westeurope", "address_space": ["10.0.0.0/16"]}
    scope = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network"
    attached = {
        "subnet_id": f"{scope}/virtualNetworks/net/subnets/web",
        "network_security_group_id": f"{scope}/networkSecurityGroups/nsg-web",
    }
    nic = {
        "name": "nic",
        "resource_group_name": "rg",
        "location": "westeurope",
        "ip_configuration": [
            {"name": "a", "subnet_id": attached["subnet_id"], "private_ip_address": "10.0.1.4"},
        ],
    }
    same = {
        "network_security_group": group,
        "subnet": subnet,
        "virtual_network": network,
        "subnet_network_security_group_association": attached,
        "network_interface": nic,
    }
    sides = [(f"azurerm_{type}", values, values) for type, values in same.items()]
    sides.append(("azurerm_network_security_rule", rule(before), rule(after)))
    changes = [
        {"address": f"{type}.x", "mode": "managed", "type": type, "change": {"before": one, "after": other}}
        for type, one, other in sides
    ]
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}, indent=1)


def test_a_plan_is_a_change(nwpolicy_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan("10.0.0.0/8", "8.8.8.8"), encoding="utf-8")
    done = nwpolicy_cli("diff", "plan.json", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "CHANGED  1 path opened, 1 closed"
    assert lines[1:6] == [
        "  OPENED  tcp 22  8.8.8.8 → subnet web (1 NIC)",
        "      was  denied by DenyAllInBound 65500   in NSG nsg-web",
        "      now  allowed by ssh 100   plan.json:116:3   in NSG nsg-web",
        "      but  no public address leads there",
        "      e.g. tcp 8.8.8.8:50000 → 10.0.1.4:22",
    ]
    piped = nwpolicy_cli("diff", "-", cwd=tmp_path, stdin=plan("10.0.0.0/8", "10.0.0.0/8"))
    assert piped.returncode == 0
    assert piped.stdout.startswith("NO CHANGE in meaning (proved)")


def test_what_is_no_plan_is_not_compared_with_itself(nwpolicy_cli: Run, folder: Path) -> None:
    done = nwpolicy_cli("diff", "infra", cwd=folder)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "nwpolicy: diff takes two paths")
    (folder / "x.json").write_text("{}", encoding="utf-8")
    assert load_plan(str(folder / "x.json")) is None


def test_a_plan_among_the_input_of_other_questions_is_what_it_comes_to(nwpolicy_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan(None, "8.8.8.8"), encoding="utf-8")
    assert nwpolicy_cli("verify", "plan.json", *_SSH, cwd=tmp_path).stdout.startswith("ALLOWED")
