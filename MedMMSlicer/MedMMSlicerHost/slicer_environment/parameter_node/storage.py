"""How a typed value is kept in a parameter node: the strings and references that Slicer itself writes."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, MutableSequence
from pathlib import Path, PurePath
from typing import Any, get_args, get_origin

import slicer

from MedMMSlicerHost.slicer_environment.absent import not_in_host
from MedMMSlicerHost.slicer_environment.parameter_node.rules import IsInstance, NotNone, Validator, split

__all__ = ["ObservedList", "Storage", "storage_for"]


class Storage:
    """Keeps values of one type; `check` raises on a value that does not fit.

    Attributes
    ----------
    cached : bool
        Whether Slicer caches values of this type (``isCached`` of the wrapper).
    """

    cached = True

    def __init__(self, default: Any, validators: Iterable[Validator]) -> None:
        self._default = default
        self.validators = tuple(validators)

    def default(self) -> Any:
        """Return the value of a parameter for which none was given."""
        return self._default

    def check(self, value: Any) -> None:
        """Raise ValueError or TypeError on a value that does not fit."""
        for validator in self.validators:
            validator.validate(value)

    def to_text(self, value: Any) -> str:
        """Return what is stored."""
        return str(value)

    def from_text(self, text: str) -> Any:
        """Return the value of what is stored."""
        return text

    def is_in(self, node: Any, name: str) -> bool:
        """Return whether the node has a value of this name."""
        return bool(node.HasParameter(name))

    def write(self, node: Any, name: str, value: Any) -> None:
        """Check a value and store it."""
        self.check(value)
        node.SetParameter(name, self.to_text(value))

    def read(self, node: Any, name: str) -> Any:
        """Return the stored value."""
        return self.from_text(node.GetParameter(name))

    def remove(self, node: Any, name: str) -> None:
        """Take the value out of the node."""
        node.UnsetParameter(name)


class _Number(Storage):
    def __init__(self, kind: type, validators: Iterable[Validator]) -> None:
        accepted = (int, float) if kind is float else int
        super().__init__(0, (NotNone(), IsInstance(accepted), *validators))
        self._kind = kind

    def from_text(self, text: str) -> Any:
        return self._kind(text)


class _Text(Storage):
    def __init__(self, validators: Iterable[Validator]) -> None:
        super().__init__("", (NotNone(), IsInstance(str), *validators))


class _Truth(Storage):
    def __init__(self, validators: Iterable[Validator]) -> None:
        super().__init__(False, (NotNone(), IsInstance(bool), *validators))

    def to_text(self, value: Any) -> str:
        return "True" if value else "False"

    def from_text(self, text: str) -> bool:
        return text == "True"


class _FilePath(Storage):
    def __init__(self, kind: type, validators: Iterable[Validator]) -> None:
        super().__init__(kind(), (NotNone(), IsInstance(kind), *validators))
        self._kind = kind

    def from_text(self, text: str) -> Any:
        return self._kind(text)


class _Member(Storage):
    def __init__(self, kind: type[enum.Enum], validators: Iterable[Validator]) -> None:
        super().__init__(next(iter(kind)), (NotNone(), IsInstance(kind), *validators))
        self._kind = kind

    def to_text(self, value: Any) -> str:
        return str(value.name)

    def from_text(self, text: str) -> Any:
        if text not in self._kind.__members__:
            raise ValueError(f"The parameter node holds {text!r}, which is no name in {self._kind!r}.")
        return self._kind[text]


class _NodeReference(Storage):
    def __init__(self, kind: type, validators: Iterable[Validator]) -> None:
        super().__init__(None, (IsInstance(kind), *validators))

    def write(self, node: Any, name: str, value: Any) -> None:
        self.check(value)
        # None is a value too, so the empty parameter says that one was set.
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def read(self, node: Any, name: str) -> Any:
        return node.GetNodeReference(name)

    def remove(self, node: Any, name: str) -> None:
        node.UnsetParameter(name)
        node.RemoveNodeReferenceIDs(name)


class _Sequence(Storage):
    """A list: ``<name>_len`` and ``<name>_<index>``."""

    def __init__(self, element: Storage, validators: Iterable[Validator]) -> None:
        super().__init__([], (NotNone(), *validators))
        self._element = element
        self.cached = element.cached

    def is_in(self, node: Any, name: str) -> bool:
        return bool(node.HasParameter(f"{name}_len"))

    def check(self, value: Any) -> None:
        super().check(value)
        for each in value:
            self._element.check(each)

    def write(self, node: Any, name: str, value: Any) -> None:
        values = list(value)
        self.check(values)
        with slicer.util.NodeModify(node):
            before = int(node.GetParameter(f"{name}_len")) if self.is_in(node, name) else 0
            for index, each in enumerate(values):
                self._element.write(node, f"{name}_{index}", each)
            node.SetParameter(f"{name}_len", str(len(values)))
            for index in range(len(values), before):
                self._element.remove(node, f"{name}_{index}")

    def read(self, node: Any, name: str) -> ObservedList:
        count = int(node.GetParameter(f"{name}_len"))
        values = [self._element.read(node, f"{name}_{index}") for index in range(count)]
        return ObservedList(node, self, name, values)

    def remove(self, node: Any, name: str) -> None:
        self.write(node, name, [])
        node.UnsetParameter(f"{name}_len")


class _Fixed(Storage):
    """A tuple: ``<name>_<index>``."""

    def __init__(self, elements: tuple[Storage, ...], validators: Iterable[Validator]) -> None:
        super().__init__(tuple(each.default() for each in elements), (NotNone(), *validators))
        self._elements = elements
        self.cached = all(each.cached for each in elements)

    def is_in(self, node: Any, name: str) -> bool:
        return self._elements[0].is_in(node, f"{name}_0")

    def check(self, value: Any) -> None:
        super().check(value)
        if len(value) != len(self._elements):
            raise ValueError(f"The value must have {len(self._elements)} items, not {len(value)}.")
        for element, each in zip(self._elements, value):
            element.check(each)

    def write(self, node: Any, name: str, value: Any) -> None:
        values = tuple(value)
        self.check(values)
        with slicer.util.NodeModify(node):
            for index, (element, each) in enumerate(zip(self._elements, values)):
                element.write(node, f"{name}_{index}", each)

    def read(self, node: Any, name: str) -> tuple[Any, ...]:
        return tuple(element.read(node, f"{name}_{index}") for index, element in enumerate(self._elements))

    def remove(self, node: Any, name: str) -> None:
        for index, element in enumerate(self._elements):
            element.remove(node, f"{name}_{index}")


class ObservedList(MutableSequence[Any]):
    """A list that writes itself back into the node at every change; ``+`` and ``*`` raise, as in Slicer."""

    def __init__(self, node: Any, storage: Storage, name: str, values: list[Any]) -> None:
        self._node, self._storage, self._name, self._values = node, storage, name, values

    def _save(self, values: list[Any]) -> None:
        self._storage.write(self._node, self._name, values)
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        values = list(self._values)
        values[index] = value
        self._save(values)

    def __delitem__(self, index: Any) -> None:
        values = list(self._values)
        del values[index]
        self._save(values)

    def insert(self, index: int, value: Any) -> None:
        """Put a value before a place."""
        values = list(self._values)
        values.insert(index, value)
        self._save(values)

    def sort(self, **how: Any) -> None:
        """Sort in place."""
        self._save(sorted(self._values, **how))

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, ObservedList) else other)

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any) -> Any:
        raise NotImplementedError("Adding to an ObservedList is not supported; += is.")

    __radd__ = __mul__ = __rmul__ = __add__

    def __repr__(self) -> str:
        return f"ObservedList({self._values!r})"


def storage_for(datatype: Any, extra: Iterable[Validator] = ()) -> Storage:
    """Return the storage of a (possibly annotated) type.

    Raises
    ------
    NotInHostError
        For a type that this host does not keep.
    """
    bare, annotations = split(datatype)
    validators = (*(each for each in annotations if isinstance(each, Validator)), *extra)
    if bare in (int, float):
        return _Number(bare, validators)
    if bare is str:
        return _Text(validators)
    if bare is bool:
        return _Truth(validators)
    if get_origin(bare) is list:
        return _Sequence(storage_for(get_args(bare)[0]), validators)
    if get_origin(bare) is tuple:
        return _Fixed(tuple(storage_for(each) for each in get_args(bare)), validators)
    return _storage_for_class(bare, validators)


def _storage_for_class(kind: Any, validators: tuple[Validator, ...]) -> Storage:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _Member(kind, validators)
    if isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode):
        return _NodeReference(kind, validators)
    if kind in (Path, PurePath):
        return _FilePath(kind, validators)
    return not_in_host(f"A parameter of the type {kind}")
