"""A YAML text as plain data, with the place of every key and value in it.

Plain words are read as YAML 1.2 reads them: `1e5` is a number, `010` is ten, `off` is a word.
YAML 1.1, which PyYAML alone reads, makes them a text, eight and a boolean.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from dosefront.errors import Fault

Location = tuple[str | int, ...]

BOOLEAN_WORDS = frozenset({"on", "off", "yes", "no", "y", "n"})


class BareWord(str):
    """An unquoted `on`, `off`, `yes` or `no`: a word to us, a boolean to YAML 1.1."""

    __slots__ = ()


@dataclass(frozen=True)
class Place:
    """Where a key or value stands, counted from 1, and the text of its line."""

    file: str
    line: int
    column: int
    source: str

    def fault(self, message: str) -> Fault:
        """The fault of what stands here."""
        return Fault(self.file, message, self.line, self.column, self.source)


@dataclass
class Document:
    """Plain data, where its parts stand, and what is wrong with its YAML."""

    data: Any = None
    values: dict[Location, Place] = field(default_factory=dict)
    keys: dict[Location, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_document(text: str, *, file: str, overrides: Sequence[str] = ()) -> Document:
    """The document in a text, after overrides such as `algorithms.0.steps=1000`."""
    document = Document()
    document.data = _Reader(document, file=file, source=text).read(text, ())
    if document.data is None and not document.faults:
        message = "expected an experiment; the file is empty. Start from one in tune_configs/."
        document.faults.append(Fault(file, message))
    for override in () if document.faults else overrides:
        _apply(override, document)
    return document


def _apply(override: str, document: Document) -> None:
    """Set one value of the document, as `key.key=value` says."""
    path, _, text = override.partition("=")
    reader = _Reader(document, file=f"--set {path}", source=override)
    *parents, last = location = tuple(
        int(part) if part.isdigit() else part for part in path.split(".")
    )
    here = reader.place(0, 0)
    parent: Any = document.data
    try:
        for depth, key in enumerate(parents, start=1):
            parent = parent.setdefault(key, {}) if isinstance(parent, dict) else parent[key]
            document.values.setdefault(location[:depth], here)
        document.values[location] = document.keys[location] = here
        value = reader.read(" " * (len(path) + 1) + text, location)
        if not document.faults:
            parent[last] = value
    except (LookupError, TypeError, AttributeError):
        message = f"expected KEY.KEY=VALUE within the experiment; found no {path} to set."
        document.faults.append(here.fault(message))


@dataclass(frozen=True)
class _Reader:
    """Turns YAML into plain data, and notes places and faults in the document."""

    document: Document
    file: str
    source: str

    def read(self, text: str, location: Location) -> Any:
        try:
            node = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            self._syntax_fault(error)
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            place = self.place(before.count("\n"), len(before) - before.rfind("\n") - 1)
            message = "expected text; found a character that YAML forbids. Remove it."
            self.document.faults.append(place.fault(message))
        else:
            return None if node is None else self._value(node, location, ())
        return None

    def place(self, line: int, column: int) -> Place:
        """The place of a line and column that are counted from 0."""
        lines = self.source.split("\n")
        source = lines[line] if line < len(lines) else ""
        return Place(self.file, line + 1, column + 1, source.rstrip("\r").replace("\t", "→"))

    def _syntax_fault(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        place = self.place(mark.line, mark.column) if mark else self.place(0, 0)
        if "'\\t'" in (error.problem or ""):
            message = "expected spaces; found a tab. Indent with spaces, as YAML requires."
        else:
            found = ", ".join(part for part in (error.context, error.problem) if part)
            message = f"expected YAML; {found}. Check indentation, colons and quotes."
        self.document.faults.append(place.fault(message))

    def _place(self, node: yaml.Node) -> Place:
        return self.place(node.start_mark.line, node.start_mark.column)

    def _value(self, node: yaml.Node, location: Location, ancestors: tuple[int, ...]) -> Any:
        place = self.document.values[location] = self._place(node)
        if id(node) in ancestors:
            message = "expected a value; found an alias to what holds it. Write the value out."
            self.document.faults.append(place.fault(message))
            return None
        within = (*ancestors, id(node))
        match node:
            case yaml.MappingNode():
                return self._mapping(node, location, within)
            case yaml.SequenceNode():
                return [
                    self._value(child, (*location, index), within)
                    for index, child in enumerate(node.value)
                ]
            case yaml.ScalarNode():
                return self._scalar(node, place)

    def _mapping(
        self, node: yaml.MappingNode, location: Location, within: tuple[int, ...]
    ) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                message = "expected a word as key; found a list or mapping. Name the key."
                self.document.faults.append(place.fault(message))
                continue
            key = key_node.value
            if key in mapping:
                first = self.document.keys[*location, key].line
                message = f'duplicate key "{key}": it stands on line {first} too. Keep one.'
                self.document.faults.append(place.fault(message))
                continue
            self.document.keys[*location, key] = place
            mapping[key] = self._value(value_node, (*location, key), within)
        return mapping

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        match kind:
            case "null":
                return None
            case "bool":
                return node.value.lower() == "true"
            case "int":
                return int(node.value)
            case "float":
                return float(node.value)
            case "str":
                is_bare = node.style is None and node.value.lower() in BOOLEAN_WORDS
                return BareWord(node.value) if is_bare else str(node.value)
        message = f'expected a plain value; found the tag "{node.tag}". Remove it.'
        self.document.faults.append(place.fault(message))
        return None


class _Loader(yaml.SafeLoader):
    """Composes nodes; the resolvers below are all it knows about plain words."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  PyYAML's own class attribute


_RESOLVERS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("int", r"[-+]?[0-9][0-9_]*", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
)
for _kind, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )
