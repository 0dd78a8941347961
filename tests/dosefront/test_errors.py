import pickle

import pytest

from dosefront import errors
from dosefront.errors import ExperimentError, Fault

FAULT = Fault("a.yaml", 'unknown key "stepz". Did you mean "steps"?', 12, 5, "    stepz: 10")


def test_a_fault_shows_its_place_its_line_and_a_caret_below_the_column():
    assert str(FAULT).splitlines() == [
        'a.yaml:12:5: unknown key "stepz". Did you mean "steps"?',
        "   12 |     stepz: 10",
        "            ^",
    ]


def test_a_fault_of_a_whole_file_names_the_file_alone():
    assert str(Fault("a.yaml", "the file is empty.")) == "a.yaml: the file is empty."


def test_an_experiment_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(ExperimentError([FAULT, FAULT])))
    assert error.faults == (FAULT, FAULT)
    assert str(error) == f"{FAULT}\n{FAULT}"


@pytest.mark.parametrize("name", errors.__all__)
def test_the_tree_in_the_docstring_gives_every_exit_code(name):
    cls = getattr(errors, name)
    if issubclass(cls, Exception):
        line = next(line for line in errors.__doc__.splitlines() if name in line.split())
        assert str(cls.exit_code) in line.split()
