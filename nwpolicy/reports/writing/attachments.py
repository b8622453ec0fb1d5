"""What Terraform's provider `azurerm` attaches by resources of their own, where Azure has properties.

Source: registry.terraform.io, hashicorp/azurerm, the resources whose names end in `_association`, and
`azurerm_network_manager_deployment`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from nwpolicy.model.records import dataclass
from nwpolicy.reports.writing.azure import NETWORK, Deployed, Named, Tree

__all__ = ["Attachment", "attachments"]

_MANAGER: Final = f"{NETWORK}/networkManagers"
_COMMITTED: Final = {
    "SecurityAdmin": f"{_MANAGER}/securityAdminConfigurations",
    "Connectivity": f"{_MANAGER}/connectivityConfigurations",
    "Routing": f"{_MANAGER}/routingConfigurations",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A resource of `type` that attaches something: `own` is its argument with the id of what that is attached to,
    `label` tells several of one type apart."""

    type: str
    own: str
    attached: Mapping[str, Tree]
    label: tuple[str, ...] = ()


def attachments(resource: Deployed) -> tuple[Mapping[str, Tree], tuple[Attachment, ...]]:
    """The properties without what is attached, and that. Raises KeyError where it cannot be attached."""
    properties = dict(resource.properties)
    match resource.type.removeprefix(f"{NETWORK}/"):
        case "virtualNetworks/subnets":
            found = tuple(_of_subnet(properties))
            if "addressPrefix" in properties:
                properties["addressPrefixes"] = [properties.pop("addressPrefix")]
        case "networkInterfaces":
            found = tuple(_of_interface(properties))
        case "publicIPAddresses":
            found = ()
            properties.pop("publicIPAllocationMethod", None)
        case "networkManagers":
            found = tuple(_of_manager(properties, resource.names))
        case _:
            found = ()
    return properties, found


def _of_subnet(properties: dict[str, Tree]) -> Iterator[Attachment]:
    for key, type, argument in (
        ("networkSecurityGroup", "network_security_group", "network_security_group_id"),
        ("routeTable", "route_table", "route_table_id"),
    ):
        if key in properties:
            attached = {argument: properties.pop(key)["id"]}
            yield Attachment(f"azurerm_subnet_{type}_association", "subnet_id", attached)


def _of_interface(properties: dict[str, Tree]) -> Iterator[Attachment]:
    own = "network_interface_id"
    prefix = "azurerm_network_interface"
    if "networkSecurityGroup" in properties:
        attached = {"network_security_group_id": properties.pop("networkSecurityGroup")["id"]}
        yield Attachment(f"{prefix}_security_group_association", own, attached)
    parts = [{**part, "properties": dict(part["properties"])} for part in properties.get("ipConfigurations", ())]
    yield from _groups(parts, f"{prefix}_application_security_group_association", own)
    for part in parts:
        part["properties"].pop("privateIPAllocationMethod", None)
        for pool in part["properties"].pop("loadBalancerBackendAddressPools", ()):
            attached = {"ip_configuration_name": part["name"], "backend_address_pool_id": pool["id"]}
            label = (part["name"], _label(pool["id"]))
            yield Attachment(f"{prefix}_backend_address_pool_association", own, attached, label)
    if parts:
        properties["ipConfigurations"] = parts


def _groups(parts: list[dict[str, Any]], type: str, own: str) -> Iterator[Attachment]:
    """Application security groups are attached to all of an interface's addresses, as Azure wants them to be."""
    found = [part["properties"].pop("applicationSecurityGroups", []) for part in parts]
    if any(groups != found[0] for groups in found):
        raise KeyError("applicationSecurityGroups")
    for group in found[0] if found else ():
        yield Attachment(type, own, {"application_security_group_id": group["id"]}, (_label(group["id"]),))


def _label(attached: Tree) -> str:
    return attached.names[-1] if isinstance(attached, Named) else attached.name if hasattr(attached, "name") else ""


def _of_manager(properties: dict[str, Tree], names: tuple[str, ...]) -> Iterator[Attachment]:
    """Commits, one for each region."""
    for commit in properties.pop("commits", ()):
        type = _COMMITTED[commit["commitType"]]
        ids = [_configuration(type, target, names) for target in commit["configurationIds"]]
        for region in commit["targetLocations"]:
            attached = {"location": region, "scope_access": commit["commitType"], "configuration_ids": ids}
            label = (region, commit["commitType"])
            yield Attachment("azurerm_network_manager_deployment", "network_manager_id", attached, label)


def _configuration(type: str, target: str, names: tuple[str, ...]) -> Named:
    if "/providers/" in target.lower():
        scope, _, path = target.partition("/providers/")
        return Named(type, tuple(path.split("/")[2::2]), scope)
    return Named(type, (*names, target.rpartition("/")[2]))
