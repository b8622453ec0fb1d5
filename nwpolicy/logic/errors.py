"""What a question to the logic can end in, other than an answer."""

from __future__ import annotations

__all__ = ["EngineDisagreement", "NoPossibleValue", "TooLarge", "Undecided"]


class Undecided(Exception):  # noqa: N818 - an outcome of its own (neither yes nor no), not a fault
    """The solver gave up within its budget. Never to be read as yes or no."""


class TooLarge(Exception):  # noqa: N818 - an outcome of its own
    """An exact answer would take more room than was granted. `limit` is how many nodes that was, `about` what was asked
    about, if that is not clear, and `help` what can be done."""

    def __init__(
        self,
        limit: int,
        about: str | None = None,
        help: str = "narrow the question to some protocols, ports or addresses",
    ) -> None:
        place = f"{about}: " if about else ""
        super().__init__(f"{place}too large, with more than {limit:,} distinct combinations of fields")
        self.limit, self.about, self.help = limit, about, help


class NoPossibleValue(Exception):  # noqa: N818 - says what is the case with the question
    """The unknowns of a chain exclude one another (every rank that a rule could have is taken)."""


class EngineDisagreement(Exception):  # noqa: N818 - the name by which the documents know it
    """Two engines gave different answers: a defect in one of them. `reproducer` is what is needed to see it again."""

    def __init__(self, message: str, reproducer: str) -> None:
        super().__init__(message)
        self.reproducer = reproducer
