"""The quick decorator makes what the standard one makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from nwpolicy.model.records import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Quick:
    """A record."""

    kind: ClassVar[str] = "quick"
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)
    place: str = field(default="here", compare=False, repr=False)

    @property
    def double(self) -> int:
        return 2 * self.size


@dataclasses.dataclass(frozen=True, slots=True)
class Usual:
    """A record."""

    kind: ClassVar[str] = "quick"
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)
    place: str = field(default="here", compare=False, repr=False)

    @property
    def double(self) -> int:
        return 2 * self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base."""

    first: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Base):
    """More."""

    second: str


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    """In order."""

    first: int
    second: int


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """The very same object only."""

    first: int


@dataclass(frozen=True, slots=True)
class One(Generic[T]):
    """Of something."""

    value: T


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing in it."""


#: Hides from the type checker what it would take for granted.
is_dataclass: Any = dataclasses.is_dataclass
MAKERS: list[Any] = [Quick, Usual]


@pytest.mark.parametrize("make", MAKERS)
def test_what_both_decorators_make(make: Any) -> None:
    one, other = make("a"), make("a", 3, [], place="there")
    assert one == other
    assert one != make("b")
    assert one != "a"
    assert repr(one) == f"{make.__name__}(name='a', size=3, tags=[])"
    assert one.tags is not other.tags
    assert one.double == 6
    assert is_dataclass(make)
    assert [item.name for item in dataclasses.fields(one)] == ["name", "size", "tags", "place"]
    assert dataclasses.replace(one, size=4) == make("a", 4)
    assert dataclasses.asdict(one) == {"name": "a", "size": 3, "tags": [], "place": "here"}
    assert make.__match_args__ == ("name", "size", "tags", "place")
    assert make.__slots__ == ("name", "size", "tags", "place")
    assert not hasattr(one, "__dict__")
    assert make.kind == "quick"
    assert make.__doc__ == "A record."
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one


def test_the_signatures_are_the_same() -> None:
    assert list(inspect.signature(Quick).parameters) == list(inspect.signature(Usual).parameters)


@pytest.mark.parametrize("make", MAKERS)
def test_nothing_can_be_changed(make: Any) -> None:
    one = make("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'size'"):
        one.size = 4
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'size'"):
        del one.size


def test_wrong_arguments_are_refused() -> None:
    make: Any = Quick
    with pytest.raises(TypeError):
        make()
    with pytest.raises(TypeError):
        make("a", colour="red")


def test_keywords_only_and_inheritance() -> None:
    one = Derived(second="2")
    assert (one.first, one.second) == ("1", "2")
    assert one == Derived(first="1", second="2")
    assert one != Base()
    make: Any = Derived
    assert make.__slots__ == ("second",)
    with pytest.raises(TypeError):
        make("1", "2")


def test_order() -> None:
    assert sorted([Ordered(2, 1), Ordered(1, 2), Ordered(1, 1)]) == [Ordered(1, 1), Ordered(1, 2), Ordered(2, 1)]
    assert Ordered(1, 1) <= Ordered(1, 1)
    smaller: Any = Ordered(1, 1)
    with pytest.raises(TypeError):
        smaller < 1  # noqa: B015 - the comparison itself is what fails


def test_equality_of_identity() -> None:
    assert Same(1) != Same(1)
    assert len({Same(1), Same(1)}) == 2


def test_hashes_go_with_equality() -> None:
    assert len({Ordered(1, 2), Ordered(1, 2), Ordered(2, 1)}) == 2
    assert {One(1): "a"}[One(1)] == "a"
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())


def test_generic_classes() -> None:
    assert One[int](1) == One(1)


def test_only_frozen_slotted_classes() -> None:
    wrong: Any = dataclass
    with pytest.raises(TypeError):
        wrong(frozen=True, slots=False)


@dataclass(slots=True)
class Mutable:
    name: str
    sizes: list[int] = field(default_factory=list)


def test_records_that_are_not_frozen_can_be_changed() -> None:
    one, other = Mutable("a"), Mutable("a")
    one.name = "b"
    one.sizes.append(1)
    assert (one, other) == (Mutable("b", [1]), Mutable("a"))
    assert not hasattr(one, "__dict__")
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
