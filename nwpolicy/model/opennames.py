"""Names of which a part is not known, which stands in braces: `nsg-{environment}`. Azure takes no braces in names."""

from __future__ import annotations

__all__ = ["pieces"]


def pieces(text: str) -> list[tuple[str, bool]]:
    """The pieces of a text, and of each whether it is the name of something that is not known: braces are around it,
    and may be within. A brace without its other half is text."""
    found: list[tuple[str, bool]] = []
    rest = text
    while rest:
        start, end = _braces(rest)
        if end is None:
            found.append((rest, False))
            break
        if start:
            found.append((rest[:start], False))
        found.append((rest[start + 1 : end], True))
        rest = rest[end + 1 :]
    return found


def _braces(text: str) -> tuple[int, int | None]:
    """Where the first opening brace and the one that closes it are."""
    depth, start = 0, text.find("{")
    for index in range(max(start, 0), len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if start >= 0 and depth == 0:
            return start, index
    return start, None
