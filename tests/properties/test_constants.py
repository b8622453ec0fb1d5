"""What set algebra settles by itself, the solver and the evaluator say too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given

from nwpolicy.logic.boxes import boxes_of
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.views import View
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import Flow, FlowSet
from tests.properties.universe import chains, flows_of, only, questions

ROOT = Path(__file__).resolve().parents[2]


@given(chains(), questions())
def test_the_solver_finds_no_flow_that_fares_otherwise(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    for box in boxes_of(asked):
        view = View(chain, box)
        settled = view.part.settled
        if settled is not None:
            assert not view.session.check(view.side(not settled))
            assert view.session.check(view.side(settled))


@given(chains(), questions(max_flows=8))
def test_one_flow_is_always_settled_where_nothing_is_unknown(chain: Chain, asked: tuple[FlowSet, ...]) -> None:
    def settled(flow: Flow) -> bool | None:
        (box,) = boxes_of((only(flow),))
        return View(chain, box).part.settled

    flows = flows_of(*asked)
    assert [settled(flow) for flow in flows] == [evaluate(chain, flow).allowed for flow in flows]


def test_a_question_without_anything_to_solve_does_not_load_the_solver() -> None:
    code = (
        "import sys; from nwpolicy.cli import main; "
        "code = main(['verify', 'rules-examples/single-nsg', '--nsg', 'nsg-web', '--direction', 'Inbound', "
        "'--protocol', 'TCP', '--local', '10.0.0.4:443', '--remote', '203.0.113.9:60000', '--quiet']); "
        "print(code, [name for name in ('z3', 'lark', 'yaml', 'jsonschema') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.splitlines()[1:] == ["0 []"], done.stderr
