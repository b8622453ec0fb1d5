"""The choices behind the answers, as a list."""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.assumptions import ASSUMPTIONS

__all__ = ["assumption_texts"]


def assumption_texts() -> Iterator[str]:
    """Each assumption with its choices, the default first."""
    for name, assumption in ASSUMPTIONS.items():
        yield f"{name}   ({assumption.reference})"
        for number, choice in enumerate(assumption.choices):
            default = " (default)" if number == 0 else ""
            yield f"  {choice}{default}: {assumption.statements[choice]}"
