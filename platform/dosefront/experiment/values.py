"""The kinds of value that a key of an experiment may hold."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails

from dosefront.errors import DosefrontError
from dosefront.experiment.document import BareWord, Location
from posology.library import parse_quantity

Item = TypeVar("Item")


class Section(BaseModel):
    """A mapping whose keys are all known; it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


@contextmanager
def as_value_error() -> Iterator[None]:
    """Let pydantic collect our own errors with the others."""
    try:
        yield
    except DosefrontError as error:
        raise ValueError(str(error)) from error


def placed_faults(messages: Mapping[Location, str]) -> ValidationError:
    """An error with a message for each of several places within a value, for pydantic to collect.

    A place that ends in "[key]" is that of the key.
    """
    return ValidationError.from_exception_data(
        "", [told(place, message) for place, message in messages.items()]
    )


def told(place: Location, message: str) -> InitErrorDetails:
    """A fault of our own at a place within a value."""
    return InitErrorDetails(
        type="value_error", loc=place, input=None, ctx={"error": ValueError(message)}
    )


def without_bare_words(value: Any) -> Any:
    """The value, unless it holds an unquoted `on` or `no` where it is read as text."""
    match value:
        case BareWord():
            raise ValueError(
                f"expected text; found {value} without quotes, a boolean to many YAML readers. "
                f'Write "{value}" for the word, or true or false.'
            )
        case dict():
            for each in value.values():
                without_bare_words(each)
        case list():
            for each in value:
                without_bare_words(each)
    return value


def distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items, unless one stands twice."""
    for index, item in enumerate(items):
        if item in items[:index]:
            raise ValueError(
                f"expected distinct entries; found entry {index + 1} equal to entry "
                f"{items.index(item) + 1}. Remove one."
            )
    return items


def _whole(value: Any) -> Any:
    """The integer that a number such as 1e5 stands for."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _days(value: Any) -> float:
    return parse_quantity(str(value), unit="d")


def _shortest(value: float) -> str:
    return repr(value).removesuffix(".0")


Text = Annotated[str, Field(strict=True, min_length=1), BeforeValidator(without_bare_words)]
FolderName = Annotated[
    str,
    Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    BeforeValidator(without_bare_words),
]
Whole = Annotated[int, Field(strict=True, ge=0), BeforeValidator(_whole)]
Count = Annotated[int, Field(strict=True, ge=1), BeforeValidator(_whole)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Days = Annotated[
    float,
    Field(gt=0),
    BeforeValidator(_days),
    PlainSerializer(lambda days: f"{_shortest(days)} d", when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["21 d"]}),
]
