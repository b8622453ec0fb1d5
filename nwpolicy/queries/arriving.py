"""Which flows can come to a layer of filters at all: those whose own end is an address that stands behind it."""

from __future__ import annotations

from nwpolicy.azure.origins import LayerKind, layer_kind
from nwpolicy.azure.spaces import ASSIGNABLE
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Layer
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.network import Subnet
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.rules import Direction
from nwpolicy.queries.question import Question

__all__ = ["arriving", "with_own_end"]


def arriving(question: Question, layer: Layer) -> FlowSet:
    """The flows in the question's direction that may come to one of its layers."""
    return with_own_end(question.direction, _behind(question, layer))


def with_own_end(direction: Direction, local: AddressSet) -> FlowSet:
    """The flows in a direction that have one of the addresses at their own end."""
    return FlowSet(destination=local) if direction is Direction.INBOUND else FlowSet(source=local)


def _behind(question: Question, layer: Layer) -> AddressSet:
    """The addresses of the network interface, or of its subnet; of any interface where others have the same layer."""
    subject = question.subject
    kind = layer_kind(layer)
    if kind is LayerKind.NIC_NSG:
        return subject.local
    if kind is LayerKind.SUBNET_NSG and subject.subnet is not None:
        return subject.local | _prefixes(subject.subnet)
    return ASSIGNABLE


def _prefixes(subnet: Subnet) -> AddressSet:
    found = NO_ADDRESS
    for prefix in subnet.address_prefixes:
        if not isinstance(prefix, AddressPrefix):
            return ASSIGNABLE
        found |= prefix.addresses
    return found
