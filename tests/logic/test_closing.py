from __future__ import annotations

import pytest

from nwpolicy.logic import closing
from nwpolicy.logic.closing import always
from nwpolicy.logic.errors import Undecided
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.unknowns import UnknownKind
from tests.logic.shorthand import ACCEPT, DENY, chain, match, rule, unknown

ADMIN = unknown("adminCidr", UnknownKind.ADDRESS)
PORT = unknown("port", UnknownKind.PORT)
DEPLOY = unknown("deploy", UnknownKind.CONDITION)
REST = rule("rest", DENY, 900)
EVERYTHING = FlowSet()


def test_a_flow_that_no_value_lets_through() -> None:
    layers = chain((rule("ssh", ACCEPT, 100, match("tcp", ADMIN, port="22")), REST))
    found = always(layers, EVERYTHING, allowed=False)
    assert found is not None
    assert found.flow.protocol != 6 or found.flow.destination_port != 22
    assert not found.trace.allowed


def test_no_flow_is_let_through_whatever_the_value_is() -> None:
    layers = chain((rule("ssh", ACCEPT, 100, match("tcp", ADMIN, port="22")), REST))
    assert always(layers, EVERYTHING, allowed=True) is None


def test_every_flow_is_let_through_by_some_value_though_none_lets_all_through() -> None:
    """Each flow has values of its own: this is not about one value for all of them."""
    layers = chain((rule("one", ACCEPT, 100, match("tcp", port=PORT, when=(DEPLOY,))), rule("other", DENY, 200)))
    asked = FlowSet(protocol=match("tcp").protocol.known)
    assert always(layers, asked, allowed=False) is None
    assert always(layers, asked, allowed=True) is None


def test_without_unknowns_it_is_any_flow_of_the_side() -> None:
    layers = chain((rule("web", ACCEPT, 100, match("tcp", port="443")), REST))
    found = always(layers, EVERYTHING, allowed=True)
    assert found is not None
    assert found.trace.allowed


def test_an_unknown_behind_a_rule_that_settles_is_no_matter() -> None:
    layers = chain((rule("first", ACCEPT, 100), rule("second", DENY, 200, match(source=ADMIN))))
    found = always(layers, EVERYTHING, allowed=True)
    assert found is not None


def test_what_takes_too_many_rounds_is_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "_MAX_ROUNDS", 0)
    with pytest.raises(Undecided):
        always(chain((rule("ssh", ACCEPT, 100, match(source=ADMIN)), REST)), EVERYTHING, allowed=True)
