"""From paths to definitions, and from whatever goes wrong on the way to words for the person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nwpolicy.cli.arguments import pairs
from nwpolicy.cli.terminal import UNDECIDED, UNUSABLE, Unusable, error_lines

if TYPE_CHECKING:
    from argparse import Namespace

    from nwpolicy.model.snapshot import Snapshot
    from nwpolicy.readers.pins import Pins
    from nwpolicy.readers.versions import Versions

__all__ = ["explained", "load_input", "pins_of", "versions_given"]


def load_input(*paths: str, given: Namespace | None = None) -> Snapshot:
    """The definitions, with the values that are given; ends the command if anything of them could not be read."""
    from nwpolicy.readers.load import load

    with explained():
        return load(*paths, pins=None if given is None else pins_of(given))


def pins_of(given: Namespace) -> Pins:
    """The values that `--set` and `--param-file` give. Raises InputError."""
    from nwpolicy.readers.pins import Pins

    return Pins.of(pairs("--set", given.set), given.param_file)


def versions_given(
    given: Namespace, paths: tuple[str, ...], head: str | None, *, direct: bool, partly: bool = False
) -> Versions:
    """The definitions in the revision `--base` and in another one, each with the values that are given there; `partly`:
    without what has errors on one side, which may have had need of values. Raises InputError."""
    from nwpolicy.readers.pins import Pins
    from nwpolicy.readers.versions import versions_of_revisions

    values = Pins.of(pairs("--set", given.set))
    found = versions_of_revisions(
        given.base, head, paths, values, direct=direct, param_files=given.param_file, partly=partly
    )
    if not found.passed:
        found.after.pins.check(found.before.pins)
    return found


@contextmanager
def explained() -> Iterator[None]:
    """Ends the command with an explanation where a question has no answer."""
    from nwpolicy.logic.errors import EngineDisagreement, NoPossibleValue, TooLarge, Undecided
    from nwpolicy.model.diagnostics import InputError
    from nwpolicy.queries.errors import QuestionError
    from nwpolicy.reports.diagnostics import diagnostic_lines

    try:
        yield
    except InputError as error:
        raise Unusable(list(diagnostic_lines(error.diagnostics))) from None
    except QuestionError as error:
        code = UNDECIDED if error.undecided else UNUSABLE
        raise Unusable(error_lines(error.message, error.help), code) from None
    except NoPossibleValue as error:
        raise Unusable(error_lines(str(error))) from None
    except Undecided as error:
        raise Unusable(error_lines(f"undecided: {error}", "ask about fewer flows"), UNDECIDED) from None
    except TooLarge as error:
        raise Unusable(error_lines(str(error), error.help), UNDECIDED) from None
    except EngineDisagreement as error:
        help = f"this is a defect of nwpolicy; please report it with {_kept(error.reproducer)}"
        raise Unusable(error_lines(f"internal error: {error}", help)) from None


def _kept(reproducer: str) -> str:
    """The file that now holds what is needed to see a defect again."""
    import tempfile

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="nwpolicy-defect-", suffix=".txt", delete=False
    ) as file:
        file.write(reproducer)
    return file.name
