"""What a question can be refused with."""

from __future__ import annotations

__all__ = ["QuestionError"]


class QuestionError(Exception):
    """The question cannot be put as it stands. `undecided`: only because the input leaves a value open."""

    def __init__(self, message: str, help: str | None = None, *, undecided: bool = False) -> None:
        super().__init__(message)
        self.message, self.help, self.undecided = message, help, undecided
