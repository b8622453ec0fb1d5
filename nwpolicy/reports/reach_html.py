"""The matrix of an estate as a page: who reaches whom, with search, filters and the topology."""

from __future__ import annotations

from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.reach.answers import ReachAnswer
from nwpolicy.reports import reach
from nwpolicy.reports.page import page_text
from nwpolicy.reports.pictures import PictureGroup, topology_of
from nwpolicy.reports.text import assumed_line

__all__ = ["reach_html"]


def reach_html(answer: ReachAnswer, snapshot: Snapshot) -> str:
    """The page; the same answer gives the same bytes."""
    entries = list(answer)
    closing = answer.close()
    states = {entry.state for entry in entries}
    return page_text(
        "reach.html",
        answer=answer,
        entries=list(enumerate(entries, 1)),
        closing=closing,
        parties={party.id: party for party in answer.parties},
        head=reach.reach_head(closing.totals),
        filters=[(state.value, word) for state, (word, _) in reach.STATES.items() if state in states],
        premises=[(f"Note: {note}",) for note in answer.notes] + [assumed_line(used) for used in closing.assumptions],
        pictures=[PictureGroup("The topology", (topology_of(snapshot, "networks, subnets and what is in them"),))],
        STATES=reach.STATES,
        flows_text=reach.flows_text,
        titled=reach.titled,
    )
