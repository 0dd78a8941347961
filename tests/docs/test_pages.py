"""The pages of the documentation say what the library and the environments are."""

import importlib.util
import inspect
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import gymnasium
import pytest

from dosefront.experiment import load_experiment
from posology.dosing import CourseVectorEnv
from posology.library import agent_names, quantities, regimen_names
from posology.treatment import OBJECTIVES, TERMS, Scenario

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
ENVIRONMENT = (DOCS / "environment.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """The script that writes the tables."""
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_table_is_as_the_library_has_it(page: Path, tables: ModuleType) -> None:
    written = page.read_text(encoding="utf-8")
    assert written == tables.filled(written), "run: python docs/tables.py"


def test_every_table_that_can_be_made_stands_on_a_page(tables: ModuleType) -> None:
    named = [name for page in PAGES for _, name, _ in tables.MARK.findall(page.read_text("utf-8"))]
    assert sorted(named) == sorted(tables.TABLES)


def test_the_counts_add_up_to_every_number_of_the_library(tables: ModuleType) -> None:
    *_, last = tables.counts().splitlines()
    *by_confidence, total = (int(cell) for cell in re.findall(r"\d+", last))
    assert total == sum(by_confidence) == len(quantities())


def test_every_argument_of_an_environment_is_described() -> None:
    arguments = inspect.signature(CourseVectorEnv).parameters.keys() - {"num_envs", "scenario"}
    arguments |= {field.name for field in fields(Scenario)}
    missing = [name for name in arguments if f"`{name}`" not in ENVIRONMENT]
    assert missing == []


def test_every_id_agent_objective_and_event_is_named() -> None:
    ids = [name for name in gymnasium.registry if name.startswith("posology/")]
    ids = [name for name in ids if not name.endswith("Continuous-v0")]
    words = [*(f"`{name}`" for name in ids), *OBJECTIVES, *TERMS]
    words += [agent.replace("-bolus", ", bolus") for agent in agent_names()]
    assert [word for word in words if word not in ENVIRONMENT] == []


def test_the_readme_counts_the_regimens() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{len(regimen_names())} regimens" in readme


@pytest.mark.parametrize("file", sorted((ROOT / "tune_configs").glob("*.yaml")), ids=str)
def test_every_experiment_that_is_shipped_has_no_faults(file: Path) -> None:
    assert load_experiment(file).trials()


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_test_that_a_trap_names_exists() -> None:
    named = re.findall(r"`([a-z/_]+\.py)::(test_\w+)`", ENVIRONMENT)
    for file, test in named:
        source = (ROOT / "tests" / "posology" / file).read_text(encoding="utf-8")
        assert f"def {test}(" in source, (file, test)
    traps = re.findall(r"^(\d+)\. \*\*", ENVIRONMENT, re.MULTILINE)
    assert [int(number) for number in traps] == list(range(1, 13))
