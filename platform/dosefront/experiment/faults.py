"""What pydantic found wrong, in our words and at its place in the file."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dosefront.errors import Fault
from dosefront.experiment.document import Document, Location, Place
from dosefront.experiment.spec import ExperimentSpec
from dosefront.experiment.values import Section
from dosefront.suggestion import suggestion

EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text (quote it where it looks like a number)",
    "string_too_short": "text",
    "string_pattern_mismatch": "letters, digits and . _ - only (it names a folder)",
    "tuple_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "too_short": "{min_length} entries or more",
    "too_long": "{max_length} entries at most",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of {ge:g} or more",
    "less_than_equal": "a number of {le:g} or less",
}


def validation_faults(error: ValidationError, document: Document) -> list[Fault]:
    """The faults that a validation of the document found."""
    errors = error.errors(include_url=False)
    return [_fault(each, document) for each in errors if not _follows_from_others(each)]


def _follows_from_others(error: ErrorDetails) -> bool:
    """Whether a list is too short only because pydantic dropped its faulty entries."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _fault(error: ErrorDetails, document: Document) -> Fault:
    kind, location = error["type"], error["loc"]
    if kind.startswith("union_tag"):  # the name that chooses among sections
        location = (*location, "name")
    match kind:
        case "missing" | "union_tag_not_found":
            message = f'required key "{location[-1]}" is missing. Add it here.'
            return _key_place(location[:-1], document).fault(message)
        case "extra_forbidden":
            key = str(location[-1])
            message = f'unknown key "{key}". {suggestion(key, _keys_at(location[:-1]))}'
            return _key_place(location, document).fault(message)
    is_of_key = location[-1:] == ("[key]",) or isinstance(error["input"], dict)
    place = _key_place if is_of_key and kind != "union_tag_invalid" else _value_place
    return place(location, document).fault(_message(error))


def _message(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "union_tag_invalid":
            known = _quoted_words(context["expected_tags"])
            what = str(error["loc"][0]).removesuffix("s")  # algorithm, scalarization
            return f'unknown {what} "{context["tag"]}". {suggestion(context["tag"], known)}'
        case "literal_error":
            known = _quoted_words(context["expected"])
            return f"found {_shown(error['input'])}. {suggestion(str(error['input']), known)}"
        case kind:
            expected = EXPECTED[kind].format(**context) if kind in EXPECTED else error["msg"]
            return f"expected {expected}; found {_shown(error['input'])}."


def _quoted_words(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list() | tuple():
            return f"a list of {len(value)}"
        case dict():
            return "keys and values"
    return f"{value}"


def _value_place(location: Location, document: Document) -> Place:
    return document.values[_found(location, document)]


def _key_place(location: Location, document: Document) -> Place:
    """Of the key, or of the value where that stands in a list or at the root."""
    found = _found(location, document)
    return document.keys.get(found) or document.values[found]


def _found(location: Location, document: Document) -> Location:
    """The location as far as the document holds it, without the names of pydantic's branches."""
    found: Location = ()
    for part in location:
        if (*found, part) in document.values:
            found = (*found, part)
    return found


def _keys_at(location: Location) -> list[str]:
    """The keys that a section of the experiment knows."""
    sections: list[type[Section]] = [ExperimentSpec]
    for part in location:
        inner = [
            section
            for outer in sections
            for name, info in outer.model_fields.items()
            if (info.alias or name) == part
            for section in _sections_in(info.annotation)
        ]
        branch = [each for each in sections if part in _names(each)]
        sections = inner or branch or sections
    return [info.alias or name for each in sections for name, info in each.model_fields.items()]


def _sections_in(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in get_args(annotation):
        yield from _sections_in(argument)


def _names(section: type[Section]) -> tuple[Any, ...]:
    """The names that choose this section among others."""
    return (
        get_args(section.model_fields["name"].annotation) if "name" in section.model_fields else ()
    )
