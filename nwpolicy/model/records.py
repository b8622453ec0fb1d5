"""`dataclass(slots=True)`, mostly with `frozen=True`, for less time at start-up.

The standard decorator compiles six functions for each class, one by one; with some 200 classes that is a third of the
time of a cold `nwpolicy verify`. Here only `__init__` is compiled, when the first record of a class is made (of most
classes none is), the fields are described when somebody asks for them, and everything else is shared or a closure. The
result is a dataclass all the same: `fields`, `replace`, `is_dataclass`, `__match_args__`, equality, hash, order and
pickling work as ever, and type checkers see the standard decorator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    import inspect
    import operator
    from collections.abc import Callable, Iterable
    from typing import Any, NamedTuple

    def dataclass(
        *, slots: bool, frozen: bool = False, eq: bool = True, order: bool = False, kw_only: bool = False
    ) -> Callable[[type], type]:
        """The decorator; `slots` has to be asked for, as it is what it gives."""
        if not slots:
            raise TypeError("use dataclasses.dataclass for what has no slots")
        return lambda cls: _record(cls, frozen=frozen, eq=eq, order=order, kw_only=kw_only)

    def _record(cls: type, *, frozen: bool, eq: bool, order: bool, kw_only: bool) -> type:
        own = _Fields(cls, kw_only=kw_only)
        members = {
            "__dataclass_fields__": own,
            "__match_args__": tuple(name for name, part in own.parts.items() if part.is_positional),
            "__init__": _Init(frozen),
            "__repr__": _repr,
            "__getstate__": _get_state,
            "__setstate__": _set_state,
        }
        if frozen:
            members |= {"__setattr__": _refuse_set, "__delattr__": _refuse_delete}
        if eq:
            members |= _comparisons([name for name, part in own.parts.items() if part.is_compared], order=order)
            if not frozen:
                members["__hash__"] = None
        for name in ("__repr__", "__hash__", "__eq__"):
            if name in cls.__dict__ and not (name == "__hash__" and cls.__dict__[name] is None):
                members.pop(name, None)
        return _slotted(cls, [*own.parts], members)

    class _Part(NamedTuple):
        """What has to be known of a field when a class is made."""

        is_compared: bool
        is_positional: bool

    class _Fields:
        """Stands for `__dataclass_fields__` until these are asked for: then the standard decorator makes them of the
        class as it was written."""

        def __init__(self, cls: type, *, kw_only: bool) -> None:
            self._written, self._kw_only = cls, kw_only
            self.parts: dict[str, _Part] = {}
            for base in reversed(cls.__mro__[1:]):
                inherited = base.__dict__.get("__dataclass_fields__")
                if inherited is not None:
                    self.parts |= inherited.parts
            for name, hint in inspect.get_annotations(cls).items():
                if not hint.startswith("ClassVar"):
                    value = cls.__dict__.get(name)
                    compared = value.compare if isinstance(value, dataclasses.Field) else True
                    self.parts[name] = _Part(compared, not kw_only)

        def __set_name__(self, owner: type, _: str) -> None:
            self._owner = owner

        def __get__(self, instance: object, owner: type | None = None) -> dict[str, dataclasses.Field[Any]]:
            if "__dataclass_params__" not in self._owner.__dict__:
                dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=self._kw_only)(self._written)
                self._owner.__dataclass_params__ = self._written.__dataclass_params__
            found: dict[str, dataclasses.Field[Any]] = self._written.__dataclass_fields__
            return found

    class _Init:
        """Stands for `__init__` until that is asked for."""

        def __init__(self, frozen: bool) -> None:
            self._frozen = frozen

        def __set_name__(self, owner: type, _: str) -> None:
            self._owner = owner

        def __get__(self, instance: object, owner: type | None = None) -> Callable[..., None]:
            init = self._owner.__init__ = _init(dataclasses.fields(self._owner), self._frozen)
            return init.__get__(instance, owner)

    def _init(own: Iterable[dataclasses.Field[Any]], frozen: bool) -> Callable[..., None]:
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
            body.append(f"  set_(self, {name!r}, {value})" if frozen else f"  self.{name} = {value}")
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
