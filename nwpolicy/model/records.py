"""`dataclass(frozen=True, slots=True)` for less time at start-up.

The standard decorator compiles six functions for each class, one by one; with some 150 classes that is a third of the
time of a cold `nwpolicy verify`. Here only `__init__` is compiled, when the first record of a class is made (of most
classes none is), and everything else is shared or a closure. The result is a dataclass all the same: `fields`,
`replace`, `is_dataclass`, `__match_args__`, equality, hash, order and pickling work as ever, and type checkers see the
standard decorator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    import operator
    from collections.abc import Callable, Iterable
    from typing import Any

    def dataclass(
        *, frozen: bool, slots: bool, eq: bool = True, order: bool = False, kw_only: bool = False
    ) -> Callable[[type], type]:
        """The decorator; `frozen` and `slots` have to be asked for, as they are what it gives."""
        if not (frozen and slots):
            raise TypeError("use dataclasses.dataclass for what is not frozen and slotted")
        return lambda cls: _record(cls, eq=eq, order=order, kw_only=kw_only)

    def _record(cls: type, *, eq: bool, order: bool, kw_only: bool) -> type:
        dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
        own = dataclasses.fields(cls)
        members = {
            "__init__": _Init(own),
            "__repr__": _repr,
            "__setattr__": _refuse_set,
            "__delattr__": _refuse_delete,
            "__getstate__": _get_state,
            "__setstate__": _set_state,
        }
        if eq:
            members |= _comparisons([item.name for item in own if item.compare], order=order)
        for name in ("__repr__", "__hash__", "__eq__"):
            if name in cls.__dict__ and not (name == "__hash__" and cls.__dict__[name] is None):
                members.pop(name, None)
        return _slotted(cls, [item.name for item in own], members)

    class _Init:
        """Stands for `__init__` until that is asked for."""

        def __init__(self, own: Iterable[dataclasses.Field[Any]]) -> None:
            self._own = own

        def __set_name__(self, owner: type, _: str) -> None:
            self._owner = owner

        def __get__(self, instance: object, owner: type | None = None) -> Callable[..., None]:
            init = self._owner.__init__ = _init(self._own)
            return init.__get__(instance, owner)

    def _init(own: Iterable[dataclasses.Field[Any]]) -> Callable[..., None]:
        """The only function that has to be written out for its signature."""
        scope: dict[str, Any] = {"set_": object.__setattr__, "missing_": dataclasses.MISSING}
        positional, keyword, body = ["self"], ["*"], ["  pass"]
        for item in own:
            name, value = item.name, item.name
            argument = name
            if item.default is not dataclasses.MISSING:
                scope[f"default_{name}"] = item.default
                argument = f"{name}=default_{name}"
            elif item.default_factory is not dataclasses.MISSING:
                scope[f"make_{name}"] = item.default_factory
                argument, value = f"{name}=missing_", f"make_{name}() if {name} is missing_ else {name}"
            (keyword if item.kw_only else positional).append(argument)
            body.append(f"  set_(self, {name!r}, {value})")
        signature = ", ".join(positional + (keyword if len(keyword) > 1 else []))
        exec("\n".join([f"def __init__({signature}):", *body]), scope)  # as the standard library does
        init: Callable[..., None] = scope["__init__"]
        return init

    def _comparisons(names: list[str], *, order: bool) -> dict[str, Callable[..., Any]]:
        """Equality and hash of the values as a tuple; with `order`, the comparisons too."""
        if len(names) > 1:
            key = operator.attrgetter(*names)
        elif names:
            one = operator.attrgetter(names[0])

            def key(self: Any) -> tuple[Any, ...]:
                return (one(self),)
        else:

            def key(_: Any) -> tuple[Any, ...]:
                return ()

        def compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
            return lambda self, other: (
                compare(key(self), key(other)) if other.__class__ is self.__class__ else NotImplemented
            )

        found: dict[str, Callable[..., Any]] = {
            "__eq__": compared(operator.eq),
            "__hash__": lambda self: hash(key(self)),
        }
        if order:
            found |= {f"__{name}__": compared(getattr(operator, name)) for name in ("lt", "le", "gt", "ge")}
        return found

    def _slotted(cls: type, names: list[str], members: dict[str, Any]) -> type:
        """The class anew, as slots have to be there when a class is made."""
        inherited = {slot for base in cls.__mro__[1:-1] for slot in getattr(base, "__slots__", ())}
        body = {key: value for key, value in cls.__dict__.items() if key not in {*names, "__dict__", "__weakref__"}}
        body["__slots__"] = tuple(name for name in names if name not in inherited)
        made = type(cls)(cls.__name__, cls.__bases__, body | members)
        made.__qualname__ = cls.__qualname__
        return made

    def _repr(self: Any) -> str:
        shown = (f"{item.name}={getattr(self, item.name)!r}" for item in dataclasses.fields(self) if item.repr)
        return f"{self.__class__.__qualname__}({', '.join(shown)})"

    def _refuse_set(_: Any, name: str, __: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_delete(_: Any, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _get_state(self: Any) -> list[Any]:
        return [getattr(self, item.name) for item in dataclasses.fields(self)]

    def _set_state(self: Any, state: list[Any]) -> None:
        for item, value in zip(dataclasses.fields(self), state, strict=True):
            object.__setattr__(self, item.name, value)
