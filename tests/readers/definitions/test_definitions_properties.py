from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.model.assembly import assemble
from nwpolicy.model.source import Route
from nwpolicy.readers import definitions, yamltext
from nwpolicy.readers.tree import Raw

RAW, DOCUMENT = yamltext.parse("estate.yaml", (Path(__file__).parent / "goldens" / "estate.yaml").read_text())


def routes(raw: Raw, above: Route = ()) -> Iterator[Route]:
    members = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for step, child in members:
        yield (*above, step)
        yield from routes(child, (*above, step))


def damaged(raw: Raw, route: Route, value: Raw) -> Raw:
    whole = copy.deepcopy(raw)
    inner = whole
    for step in route[:-1]:
        inner = inner[step]  # type: ignore[index] # the route was taken from the same tree
    inner[route[-1]] = value  # type: ignore[index]
    return whole


scalars: st.SearchStrategy[Raw] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["$web", "$nope", "*", "10.0.0.0/8", "::/0", "80-90", "a/b"]),
)
values: st.SearchStrategy[Raw] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["unknown", "id", "name", "properties", "networkGroup"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(list(routes(RAW))), values)
def test_whatever_one_value_is_it_is_read_or_refused_with_a_place(route: Route, value: Raw) -> None:
    fragment = definitions.read(damaged(RAW, route, value), DOCUMENT)
    assert fragment.resources or fragment.diagnostics
    for diagnostic in fragment.diagnostics:
        assert diagnostic.message
        assert diagnostic.location.file == "estate.yaml"
        assert diagnostic.location.span.line >= 1
    assemble([fragment])
