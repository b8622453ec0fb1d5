"""Decision diagrams: time, nodes, products and memory, from ten rules up; and beside binary ones of CUDD.

Rules are those of `rulesets`: of a realistic shape, of ClassBench, and random boxes, whose diagram has to blow up.
CUDD is asked for by name (PyPI `dd`, for this comparison only) and left out, visibly, where it is not installed.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks import rulesets
from benchmarks.figures import Figure, seconds
from nwpolicy.logic.diagrams import Decisions, TooLarge, compare, compare_chains, facts
from nwpolicy.model.filters import Chain, FilterRule, Outcome
from nwpolicy.model.intervals import IntervalSet


def figures(*, smoke: bool) -> Iterator[Figure]:
    """Every measurement."""
    yield from _realistic(50 if smoke else 1000)
    yield from _classbench(1000)
    if not smoke:
        yield from _classbench(4000)
    yield from _cudd(50 if smoke else 1000)
    _growth([10, 30] if smoke else [10, 30, 100, 300, 1000, 4000])
    yield from _blow_up(40 if smoke else 1000)


def _realistic(count: int) -> Iterator[Figure]:
    old = rulesets.realistic(count)
    new = rulesets.with_changes(old, 5)
    took = _best(lambda: list(Decisions.of(old).cubes()))
    yield Figure(f"{count} rules: diagram and all products", took, "s", 0.5)
    yield Figure(f"{count} rules, five changed: difference of the chains", _best(partial(_changes, old, new)), "s", 0.8)
    took = _best(lambda: list(compare(Decisions.of(old), Decisions.of(new), by_rule=True).changes()))
    yield Figure(f"{count} rules, five changed: two diagrams, compared", took, "s", 0.8)
    yield Figure(f"{count} rules: facts of each rule", seconds(lambda: facts(old, 0)), "s")


def _classbench(count: int) -> Iterator[Figure]:
    most = 0.5 if count == 1000 else 2
    for name in rulesets.CLASSBENCH:
        chain = rulesets.classbench(name, count)
        changed = rulesets.with_changes(chain, 5)
        for by_rule in (True, False):

            def whole(by_rule: bool = by_rule, chain: Chain = chain, changed: Chain = changed) -> None:
                Decisions.of(chain, by_rule=by_rule).counts()
                _changes(chain, changed, by_rule)

            kind = "by rule" if by_rule else "verdicts"
            rules = len(chain.layers[0].rules)
            yield Figure(f"{name}, {rules} rules, {kind}: built, counted and diffed", _best(whole), "s", most)


def _changes(old: Chain, new: Chain, by_rule: bool = True) -> None:
    list(compare_chains(old, new, by_rule=by_rule).changes())


def _growth(sizes: list[int]) -> None:
    """A table of how cost grows."""
    print(f"{'rules':>14}{'prefixes':>10}{'order':>8}{'nodes':>8}{'build s':>9}{'products':>10}{'s':>7}{'MiB':>7}")
    for size in sizes:
        _row(f"{size}", rulesets.realistic(size))
    if sizes[-1] > 1000:
        _row("1000 wide", rulesets.realistic(1000, prefixes=2))
        for name in rulesets.CLASSBENCH:
            for count in (1000, 4000):
                _row(f"{name} {count}", rulesets.classbench(name, count))


def _row(name: str, chain: Chain) -> None:
    start = time.perf_counter()
    decisions = Decisions.of(chain)
    built = time.perf_counter()
    products = 0
    for _ in decisions.cubes():
        products += 1
        if time.perf_counter() - built > 20:
            break
    told = time.perf_counter()
    tracemalloc.start()
    again = Decisions.of(chain, order=decisions.order)
    memory = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    order = "".join(map(str, decisions.order))
    print(
        f"{name:>14}{rulesets.prefixes_of(chain):>10}{order:>8}{again.nodes:>8}{built - start:>9.3f}"
        f"{products:>10}{told - built:>7.2f}{memory:>7.1f}"
    )


def _blow_up(count: int) -> Iterator[Figure]:
    """Nothing is known of an answer that is too large but that it is."""
    chain = rulesets.random_boxes(count)
    start = time.perf_counter()
    try:
        print(f"{count} random boxes: {Decisions.of(chain).nodes} nodes")
    except TooLarge as too_large:
        print(f"{count} random boxes: {too_large}")
    took = time.perf_counter() - start
    tracemalloc.start()
    with suppress(TooLarge):
        Decisions.of(chain)
    memory = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    yield Figure(f"{count} random boxes: until it is said to be too large", took, "s", 10)
    yield Figure(f"{count} random boxes: memory until then", memory, "MiB", 1024)


# --- CUDD -----------------------------------------------------------------------------------------------------------


def _cudd(count: int) -> Iterator[Figure]:
    if find_spec("dd") is None or find_spec("dd.cudd") is None:
        print("CUDD: skipped, `dd` is not installed")
        return
    chain, asked = rulesets.realistic(count), rulesets.ipv4_with_ports()
    mine = _best(lambda: Decisions.of(chain, asked, by_rule=False))
    theirs = _best(lambda: _binary(chain))
    print(f"{count} rules, IPv4 with ports, verdicts: {mine:.3f} s here, {theirs:.3f} s with CUDD")
    yield Figure(f"{count} rules: diagram, over a binary one of CUDD", mine / theirs, "times", 1)


def _binary(chain: Chain) -> Any:
    """The rules from the last to the first as one binary diagram, most significant bits first, in the order protocol,
    destination port, destination, source."""
    manager = import_module("dd.cudd").BDD()
    manager.configure(reordering=False)
    fields = {"p": 8, "d": 16, "D": 32, "S": 32}
    manager.declare(*(f"{field}{bit}" for field, width in fields.items() for bit in range(width)))
    allowed = manager.false
    for rule in reversed(chain.layers[0].rules):
        matched = _binary_match(manager, rule)
        allowed = allowed | matched if rule.outcome is not Outcome.DENY else allowed & ~matched
    return allowed


def _binary_match(manager: Any, rule: FilterRule) -> Any:
    match = rule.match
    numbers = {
        "p": match.protocol.known,
        "d": match.destination_port.known,
        "D": match.destination.known.v4,
        "S": match.source.known.v4,
    }
    found = manager.true
    for field, values in numbers.items():
        if not values.is_full:
            found &= _binary_set(manager, field, values)
    return found


def _binary_set(manager: Any, field: str, values: IntervalSet) -> Any:
    found = manager.false
    for base, length in values.prefixes():
        bits = {f"{field}{bit}": bool(base >> (values.width - 1 - bit) & 1) for bit in range(length)}
        found |= manager.cube(bits)
    return found


def _best(action: Any) -> float:
    return min(seconds(action) for _ in range(3))
