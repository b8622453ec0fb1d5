"""Why flows are let through or not, as a page: layer by layer, with the smallest change and pictures of the place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import WhyAnswer
from nwpolicy.queries.question import Ask
from nwpolicy.reports import text
from nwpolicy.reports.page import page_text
from nwpolicy.reports.pictures import PictureGroup, has_map, maps_of, way_of

__all__ = ["why_html"]

#: So many parts have a picture of their way.
_WAYS: Final = 2


def why_html(answer: WhyAnswer, snapshot: Snapshot, asked: Ask) -> str:
    """The page; the same answer gives the same bytes."""
    return page_text(
        "why.html",
        answer=answer,
        verdict=text.HEADS[answer.verdict],
        premises=[line for line in text.premise_lines(answer) if line],
        pictures=list(_pictures(answer, snapshot, asked)),
        edit_lines=text.edit_lines,
        flow_texts=text.flow_texts,
        missed_text=text.missed_text,
        outcome_line=text.outcome_line,
    )


def _pictures(answer: WhyAnswer, snapshot: Snapshot, asked: Ask) -> Iterator[PictureGroup]:
    for part in answer.parts[:_WAYS]:
        yield PictureGroup(f"The way of {part.example.text}", (way_of(snapshot, part.example, "as defined", asked),))
    if has_map(answer.place):
        yield maps_of(((snapshot, "as defined"),), answer.place, answer.direction, asked, asked.port)
