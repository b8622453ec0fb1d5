"""The chain of filters that a flow into or out of one subject meets, in Azure's order.

Source: Microsoft Learn, How network security groups filter network traffic; Security admin rules in Azure Virtual
Network Manager.
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.adminfilter import admin_filter
from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.attachments import attached_groups
from nwpolicy.azure.groupfilter import Attached, group_layer
from nwpolicy.azure.origins import LayerKind, LayerOrigin
from nwpolicy.azure.platform import Exemption, blocked_rules, exemptions
from nwpolicy.azure.publicaddress import closed_rules
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.subjects import Subject, SubjectKind, exports_of
from nwpolicy.azure.terms import Terms
from nwpolicy.azure.virtualnetwork import has_default_route
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.filters import Chain, Layer
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction, EffectiveAdminRules, EffectiveSecurityGroups
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["FilterChain", "admin_layers", "filter_chain"]


@dataclass(frozen=True, slots=True)
class FilterChain:
    """What applies to one subject in one direction.

    `local` are the addresses that the subject may own, `rests_on` says what computed names stand for, `assumptions`
    names those that the chain rests on whatever the flow.
    """

    subject: Subject
    direction: Direction
    chain: Chain
    local: AddressSet
    rests_on: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def filter_chain(
    snapshot: Snapshot,
    subject: Subject,
    direction: Direction,
    assumptions: Assumptions,
    virtual_network: AddressSet | None = None,
) -> FilterChain:
    """Everything that filters flows into or out of the subject. `virtual_network` is the address space to take for
    the tag VirtualNetwork instead of what the input says."""
    terms = Terms(snapshot, subject, assumptions, virtual_network)
    exempt = _exemptions(terms, direction)
    admin = admin_filter(terms, direction, exempt)
    groups = attached_groups(snapshot, subject)
    if subject.kind is SubjectKind.PRIVATE_ENDPOINT and direction is Direction.OUTBOUND:
        groups = ()  # a private endpoint starts no flow
    platform = _platform_layer(terms, direction, groups)
    ordered = groups if direction is Direction.INBOUND else groups[::-1]
    own_terms = [terms.with_tag_map(a.tag_map) if a.tag_map else terms for a in ordered]
    filters = tuple(group_layer(a, direction, own, exempt) for a, own in zip(ordered, own_terms, strict=True))
    return FilterChain(
        subject,
        direction,
        Chain((platform, *admin.layers, *filters)),
        subject.local,
        (*_tags_used(admin.tags, terms.used_tags(), *(own.used_tags() for own in own_terms)), *admin.rests_on),
        admin.assumptions,
        tuple(_diagnostics(snapshot, subject)),
    )


def admin_layers(
    snapshot: Snapshot, subject: Subject, direction: Direction, assumptions: Assumptions
) -> tuple[Layer, ...]:
    """The layers of security admin rules alone."""
    terms = Terms(snapshot, subject, assumptions)
    return admin_filter(terms, direction, _exemptions(terms, direction)).layers


def _exemptions(terms: Terms, direction: Direction) -> tuple[Exemption, ...]:
    if direction is Direction.INBOUND:
        return ()
    return exemptions(terms.assumptions, has_default_route(terms.snapshot, terms.subject))


def _platform_layer(terms: Terms, direction: Direction, groups: tuple[Attached, ...]) -> Layer:
    origin = LayerOrigin(LayerKind.PLATFORM, "Azure platform")
    rules = list(blocked_rules(origin))
    if direction is Direction.INBOUND and not any(attached.certain for attached in groups):
        rules += closed_rules(terms, origin, _no_group(terms.subject, groups))
    return Layer(origin.name, tuple(rules), origin)


def _no_group(subject: Subject, groups: tuple[Attached, ...]) -> Unknown | None:
    """Whether there is no group at all, where that is open."""
    if not groups:
        return None
    name = f"no network security group applies to {subject.name}"
    return Unknown(name, UnknownKind.CONDITION, "the input leaves open which groups apply", groups[0].group.source)


def _tags_used(*used: tuple[tuple[str, Space], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{name} = {space}" for tags in used for name, space in tags))


def _diagnostics(snapshot: Snapshot, subject: Subject) -> Iterator[Diagnostic]:
    """Exports of which only one can be right, and what they lack of the definitions beside them."""
    network, nic = subject.virtual_network, subject.nic
    groups = exports_of(snapshot, nic) if nic is not None else ()
    named = network.name.lower() if network is not None else None
    rules = tuple(export for export in snapshot.all(EffectiveAdminRules) if export.name.lower() == named)
    for exports in (groups, rules):
        for ignored in exports[1:]:
            message = f"there is another export for {ignored.name}, {exports[0].source}, which is used instead"
            yield Diagnostic.warning("second-export", message, ignored.source)
    if subject.export is not None:
        yield from _lacking(subject, subject.export)


def _lacking(subject: Subject, export: EffectiveSecurityGroups) -> Iterator[Diagnostic]:
    """Where the definitions attach a group and the export, which counts, has none."""
    listed = {entry.association.type for entry in export.groups}
    for holder in (subject.nic, subject.subnet):
        if holder is not None and holder.network_security_group is not None and holder.type not in listed:
            name = holder.network_security_group.name
            message = f"{name} of {holder.name} is not in this export, which is used instead of the definitions"
            yield Diagnostic.warning("export-differs", message, export.source)
