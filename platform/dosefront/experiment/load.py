"""An experiment file: read with every fault in one pass, written with every default."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dosefront.errors import ExperimentError, Fault
from dosefront.experiment.document import Document, read_document
from dosefront.experiment.environment import (
    EnvironmentDescription,
    EnvironmentSection,
    describe,
    payable,
)
from dosefront.experiment.faults import validation_faults
from dosefront.experiment.settings import ALGORITHM_SETTINGS, name_of
from dosefront.experiment.spec import ExperimentSpec
from dosefront.records import write_atomically
from dosefront.suggestion import suggestion


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> ExperimentSpec:
    """The experiment in a file; raises ExperimentError with all its faults.

    An override such as `algorithms.0.steps=1000` sets one value before the experiment is checked.
    """
    document = read_document(_text(path), file=str(path), overrides=overrides)
    faults = document.faults
    if document.data is not None:
        faults += _environment_faults(document)
        try:
            spec = ExperimentSpec.model_validate(document.data)
        except ValidationError as error:
            known = {_place(each) for each in faults}
            found = validation_faults(error, document)
            faults += [each for each in found if _place(each) not in known]
    if faults:
        raise ExperimentError(sorted(faults, key=_place))
    return spec


def _place(fault: Fault) -> tuple[str, int, int]:
    return (fault.file, fault.line or 0, fault.column or 0)


def _environment_faults(document: Document) -> Iterator[Fault]:
    """What the environment cannot give; asked of its defaults where its section is faulty."""
    data = document.data if isinstance(document.data, dict) else {}
    section, names = data.get("environment"), data.get("objectives")
    if not isinstance(section, dict) or not isinstance(names, list):
        return
    for candidate in (section, {"id": section.get("id")}):
        with suppress(ValidationError):
            asked = EnvironmentSection.model_validate(candidate)
            environment = describe(asked)
            break
    else:
        return
    yield from _action_faults(document, environment)
    known = [objective.name for objective in environment.objectives]
    for index, name in enumerate(names):
        if isinstance(name, str) and name not in known:
            message = f'"{name}" is not an objective of {environment.id}. {suggestion(name, known)}'
            if payable(asked, [name]):
                message = (
                    f'{environment.id} pays {", ".join(known)} here, not "{name}". '
                    "Name it in environment.options.objectives too."
                )
            yield document.values["objectives", index].fault(message)


def _action_faults(document: Document, environment: EnvironmentDescription) -> Iterator[Fault]:
    """Algorithms that cannot learn the environment's actions."""
    learners = {name_of(each): each.actions for each in ALGORITHM_SETTINGS}
    able = [name for name, actions in learners.items() if environment.action_space in actions]
    asked = document.data.get("algorithms")
    for number, each in enumerate(asked if isinstance(asked, list) else ()):
        name = each.get("name") if isinstance(each, dict) else None
        if name in learners and name not in able:
            yield document.values["algorithms", number, "name"].fault(
                f"{name} learns {' and '.join(learners[name])} actions; {environment.id} takes "
                f"{environment.actions}. {', '.join(able)} can."
            )


def dump_resolved(spec: ExperimentSpec, path: Path) -> None:
    """Write the experiment with every default; loading the file gives an equal one."""
    content = spec.model_dump(mode="json", by_alias=True)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    write_atomically(path, text.encode())


def json_schema() -> dict[str, Any]:
    """The JSON Schema of experiment files, for editors."""
    return ExperimentSpec.model_json_schema()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"expected an experiment; {error.strerror}. Check the path."
    except UnicodeDecodeError as error:
        message = f"expected UTF-8 text; found {error.reason}. Save it as UTF-8."
    raise ExperimentError([Fault(str(path), message)])
