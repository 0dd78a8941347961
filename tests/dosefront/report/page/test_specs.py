"""Every figure is a specification that Vega-Lite takes, of fields that the page has."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dosefront.report.page import RunContents, page_content, page_sections

vl_convert = pytest.importorskip("vl_convert", reason="vl-convert-python is in the extra dev")

# What the page's script adds: axes and choices to points, arms to what is of arms.
OF_POINTS = {
    *("x", "x_low", "x_high", "y", "y_low", "y_high"),
    *("within", "brushed", "chosen", "preferred", "opacity", "told", "spoken"),
}
OF_ARMS = {"arm", "colour", "role"}
MADE_BY_SCRIPT = {
    "attained": {"x", "y", "order"},
    "attainment": {"x", "y", "order", "group"},
    "limit_x": {"limit"},
    "limit_y": {"limit"},
    "labels": {"x", "y", "title", "label_x", "label_y", "edge_x", "edge_y"},
}


@pytest.fixture(scope="module")
def content(run: RunContents) -> dict[str, Any]:
    return page_content(run, page_sections(run))


def fields_of(content: dict[str, Any], dataset: str) -> set[str]:
    """Columns of a data set, with what the script adds."""
    if dataset in MADE_BY_SCRIPT:
        return MADE_BY_SCRIPT[dataset]
    if dataset in content["of_arms"]:
        tables = content["of_arms"][dataset].values()
        return {name for columns in tables for name in columns} | OF_ARMS
    columns = set(content["datasets"][dataset])
    return columns | OF_POINTS if "id" in columns else columns


def units(spec: dict[str, Any], data: str, encoding: dict[str, Any]) -> Iterator[Any]:
    """The marks of a specification, each with its data set and all its channels."""
    data = spec.get("data", {}).get("name", data)
    encoding = {**encoding, **spec.get("encoding", {})}
    parts = [*spec.get("layer", ()), *spec.get("vconcat", ())]
    if not parts:
        yield data, encoding
    for part in parts:
        yield from units(part, data, encoding)


def figure_names(run: RunContents) -> list[str]:
    return [figure.name for section in page_sections(run) for figure in section.figures]


def test_a_run_of_two_objectives_has_a_figure_of_each_kind(run: RunContents) -> None:
    names = figure_names(run)
    expected = {"front", "regimen-0", "grades-chosen", "difference", "waterfall-reference"}
    expected |= {"survival", "swimmer-chosen", "forest-0", "growth", "seeds"}
    assert expected <= set(names)
    assert len(names) == len(set(names))


def test_every_specification_compiles_without_a_warning(
    content: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    for name, spec in content["figures"].items():
        compiled = vl_convert.vegalite_to_vega(json.dumps({**spec, "config": content["config"]}))
        assert compiled["marks"], name
    assert "WARN" not in "".join(capfd.readouterr())


def test_every_channel_reads_a_column_that_its_data_have(content: dict[str, Any]) -> None:
    for name, spec in content["figures"].items():
        for data, encoding in units(spec, "", {}):
            known = fields_of(content, data)
            for channel in encoding.values():
                for each in channel if isinstance(channel, list) else [channel]:
                    if isinstance(each, dict) and "field" in each:
                        assert each["field"] in known, (name, data, each)


def test_every_column_of_a_table_is_one_of_its_data_set(content: dict[str, Any]) -> None:
    for name, table in content["tables"].items():
        known = fields_of(content, table["dataset"])
        for column in table["columns"]:
            read = {column[key] for key in ("field", "low", "high")} - {""}
            assert read <= known, (name, column)
