"""What may stand in ``Annotated[type, ...]`` of a parameter: checks, the default, details of widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "IsInstance",
    "Maximum",
    "Minimum",
    "NotNone",
    "SingleStep",
    "Validator",
    "WithinRange",
    "find",
    "split",
]


class Validator:
    """A check; `validate` raises ValueError or TypeError on a value that does not pass."""

    def validate(self, value: Any) -> None:
        """Check a value."""
        raise NotImplementedError(f"{type(self).__name__}.validate")


class NotNone(Validator):
    """Refuses None."""

    def validate(self, value: Any) -> None:
        """Check a value."""
        if value is None:
            raise ValueError("The value must not be None.")


@dataclass(frozen=True)
class IsInstance(Validator):
    """Refuses values of other classes; None passes."""

    classtype: Any

    def validate(self, value: Any) -> None:
        """Check a value."""
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"The value must be of type {self.classtype}, not {type(value)} ({value!r}).")


@dataclass(frozen=True)
class WithinRange(Validator):
    """Accepts minimum to maximum, both included."""

    minimum: Any
    maximum: Any

    def validate(self, value: Any) -> None:
        """Check a value."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"The value must be within {self.minimum} to {self.maximum}, not {value}.")


@dataclass(frozen=True)
class Minimum(Validator):
    """Accepts the minimum and more."""

    minimum: Any

    def validate(self, value: Any) -> None:
        """Check a value."""
        if value < self.minimum:
            raise ValueError(f"The value must be at least {self.minimum}, not {value}.")


@dataclass(frozen=True)
class Maximum(Validator):
    """Accepts the maximum and less."""

    maximum: Any

    def validate(self, value: Any) -> None:
        """Check a value."""
        if value > self.maximum:
            raise ValueError(f"The value must be at most {self.maximum}, not {value}.")


@dataclass(frozen=True)
class Choice(Validator):
    """Accepts the listed values."""

    choices: Any

    def validate(self, value: Any) -> None:
        """Check a value."""
        if value not in self.choices:
            raise ValueError(f"The value must be one of {self.choices}, not {value!r}.")


@dataclass(frozen=True)
class Exclude(Validator):
    """Refuses the listed values."""

    excludedValues: Any

    def validate(self, value: Any) -> None:
        """Check a value."""
        if value in self.excludedValues:
            raise ValueError(f"The value must not be one of {self.excludedValues}: {value!r}.")


@dataclass(frozen=True)
class Default:
    """The value of a parameter that was never set."""

    value: Any


@dataclass(frozen=True)
class Decimals:
    """Decimals that a spin box or slider shows."""

    value: int


@dataclass(frozen=True)
class SingleStep:
    """Step of a spin box or slider."""

    value: float


def split(datatype: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the bare type and its annotations."""
    if get_origin(datatype) is Annotated:
        bare, *annotations = get_args(datatype)
        return bare, tuple(annotations)
    return datatype, ()


def find(annotations: tuple[Any, ...], kind: type) -> Any:
    """Return the first annotation of a class, or None."""
    return next((each for each in annotations if isinstance(each, kind)), None)
