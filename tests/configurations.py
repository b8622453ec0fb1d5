"""Reads all configurations of Terraform in checkouts, and tells how far that goes.

    python -m tests.configurations CHECKOUT ... [--said]

Each root folder counts once: `clean` is one of which everything is known, `unknowns` one of which all that is not known
is a named unknown, `said` one that has warnings or notes, `refused` one with an error. `--said` prints what is said.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.terraform import roots

_COLUMNS = ("tried", "clean", "unknowns", "said", "refused", "definitions")


def fragments(checkout: str) -> Iterator[Fragment]:
    """What is read of each root folder that has anything to do with network definitions."""
    names = [name for name in DISK.walk(checkout, []) if name.endswith((".tf", ".tf.json"))]
    for root in roots(names, DISK, checkout):
        fragment = root.read(Pins())
        if fragment.resources or fragment.diagnostics:
            yield fragment


def kind(fragment: Fragment) -> str:
    if any(one.severity is Severity.ERROR for one in fragment.diagnostics):
        return "refused"
    if fragment.diagnostics:
        return "said"
    return "unknowns" if any(map(has_unknown, fragment.resources)) else "clean"


def has_unknown(value: object) -> bool:
    if isinstance(value, Unknown):
        return True
    if isinstance(value, tuple):
        return any(map(has_unknown, value))
    if is_dataclass(value) and type(value).__module__.startswith("nwpolicy.model"):
        return any(has_unknown(getattr(value, item.name)) for item in fields(value) if item.name != "source")
    return False


def counted(checkout: str, say: Callable[[str], object]) -> Counter[str]:
    """How many configurations there are of each kind; what is wrong with them is said."""
    counts: Counter[str] = Counter()
    for fragment in fragments(checkout):
        counts.update(("tried", kind(fragment)))
        counts["definitions"] += len(fragment.resources)
        for found in fragment.diagnostics:
            say(str(found))
    return counts


def main(arguments: list[str]) -> None:
    checkouts = [argument for argument in arguments if not argument.startswith("--")]
    say = (lambda line: sys.stdout.write(f"{line}\n")) if "--said" in arguments else len
    for checkout in checkouts:
        counts = counted(checkout, say)
        sys.stdout.write(f"{checkout}: {', '.join(f'{counts[column]} {column}' for column in _COLUMNS)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
