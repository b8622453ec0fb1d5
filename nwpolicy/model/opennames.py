"""Names of which a part is not known, which stands in braces: `nsg-{environment}`. Azure takes no braces in names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

__all__ = ["known_parts", "pieces", "renaming"]


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


def known_parts(text: str) -> tuple[str | None, ...]:
    """What is known of a name, in order; None for what is not."""
    return tuple(None if is_open else piece for piece, is_open in pieces(text))


def renaming(names: Mapping[str, str], *, alone: bool = True) -> Callable[[str], str]:
    """Puts names in the place of others in a text, wherever they stand as a whole; if not `alone`, only where the text
    says more than such a name."""
    if not names:
        return str
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w.{}-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w.{}-])")
    return lambda text: text if not alone and text in names else pattern.sub(lambda found: names[found.group()], text)


def _braces(text: str) -> tuple[int, int | None]:
    """Where the first opening brace and the one that closes it are."""
    depth, start = 0, text.find("{")
    for index in range(max(start, 0), len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if start >= 0 and depth == 0:
            return start, index
    return start, None
