"""The page as a reader uses it: what is clicked, moved and dragged, and what is seen of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from opened import Opened
from page_run import made_run, with_third_objective

from dosefront.front import Objective
from dosefront.records import FrontSummary, TrialRecord
from dosefront.report.page import RunContents

pytestmark = pytest.mark.browser


def chosen(opened: Opened) -> str:
    """The title of the treatment that is shown."""
    return str(opened.tab.eval_on_selector("#arm", "select => select.selectedOptions[0].label"))


def test_it_draws_every_figure_without_a_request_or_a_complaint(opened: Opened) -> None:
    opened.draw_all()
    assert len(opened.requests) == 1  # the file itself
    assert opened.complaints == []


def test_a_clicked_mark_is_shown_in_every_figure_of_treatments(opened: Opened) -> None:
    table = opened.tab.locator('table[data-table="regimen"]')
    title = another(opened)
    assert title not in table.text_content()
    click_mark(opened, title)
    assert chosen(opened) == title
    assert title in table.text_content()
    assert title in opened.tab.locator('[data-figure="grades-chosen"]').locator("..").inner_text()
    assert opened.complaints == []


def test_the_arrow_keys_walk_along_the_front(opened: Opened) -> None:
    opened.tab.focus('[data-figure="front"]')
    opened.tab.keyboard.press("ArrowLeft")
    opened.tab.keyboard.press("ArrowLeft")
    left = chosen(opened)
    opened.tab.keyboard.press("ArrowRight")
    assert chosen(opened) != left


def test_a_limit_leaves_what_keeps_it_with_its_whole_interval(opened: Opened) -> None:
    rows = opened.tab.locator('table[data-table="points"] tbody tr')
    everything = rows.count()
    slide(opened, "cap", 40)
    text = opened.tab.locator("fieldset output").first.inner_text()
    limit = float(text.split("at most ")[1].split(":")[0])
    highs = [high for _, high in intervals(opened, column=4)]
    assert 0 < len(highs) < everything
    assert all(high <= limit + 0.01 for high in highs)
    slide(opened, "cap", 100)
    assert rows.count() == everything
    assert opened.complaints == []


def test_the_limit_names_the_best_policy_that_keeps_it(opened: Opened) -> None:
    slide(opened, "cap", 40)
    text = opened.tab.locator("fieldset output").first.inner_text()
    best = max(intervals(opened, column=3, only="on the front"), key=lambda interval: interval[0])
    assert f"[{best[0]:g}, {best[1]:g}]" in text


def test_a_preference_for_one_objective_rings_its_best_policy(opened: Opened) -> None:
    slide(opened, "weight-efficacy", 100)
    text = opened.tab.locator("fieldset output").last.inner_text()
    assert "efficacy 100 %" in text
    assert "w=(1, 0)" in text  # the policy that was asked for it, the best by far


def test_a_rectangle_filters_and_letting_go_of_it_keeps_the_chosen_mark(opened: Opened) -> None:
    everything = opened.tab.locator('table[data-table="points"] tbody tr').count()
    click_mark(opened, another(opened))
    before = chosen(opened)
    figure = opened.tab.locator('[data-figure="front"] svg')
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    mouse = opened.tab.mouse
    mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 0.15 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    mouse.up()
    wait_for_rows(opened, f"0 < n && n < {everything}")
    assert chosen(opened) == before
    mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])  # on nothing
    wait_for_rows(opened, f"n === {everything}")
    assert chosen(opened) == before
    assert opened.complaints == []


def test_axes_are_picked_among_three_objectives(
    open_page: Callable[[RunContents], Opened],
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
) -> None:
    third = Objective("time", "wk", "maximise", reference=0.0, ideal=100.0)
    opened = open_page(made_run(with_third_objective(front_summary, third), trial_records))
    opened.draw_all()
    opened.tab.select_option('select[name="axis-x"]', label="time")
    figure = opened.tab.locator('[data-figure="front"]')
    assert "time [wk], higher is better" in figure.inner_text()
    assert "toxicity" not in figure.inner_text()
    assert opened.tab.locator("#objectives svg").count() == 1  # all three at once
    assert opened.complaints == []


def test_a_run_that_is_no_treatment_has_its_front_alone(
    open_page: Callable[[RunContents], Opened],
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
) -> None:
    summary = replace(front_summary, comparators=(), attainment=(), history=())
    opened = open_page(made_run(summary, trial_records, with_courses=False))
    opened.draw_all()
    assert opened.tab.locator("main section").evaluate_all("all => all.map(one => one.id)") == [
        "front",
        "endpoints",
    ]
    click_mark(opened, another(opened))
    slide(opened, "cap", 40)
    assert opened.complaints == []


def test_names_that_look_like_markup_do_nothing(
    open_page: Callable[[RunContents], Opened],
    front_summary: FrontSummary,
    trial_records: tuple[TrialRecord, ...],
) -> None:
    hostile = "</script><img src=x onerror='window.harmed = true'>"
    summary = replace(
        front_summary,
        run=hostile,
        points=tuple(replace(point, preference=hostile) for point in front_summary.points),
        comparators=tuple(replace(each, title=hostile) for each in front_summary.comparators),
    )
    opened = open_page(made_run(summary, trial_records))
    opened.draw_all()
    assert hostile in opened.tab.locator("h1").inner_text()
    assert hostile in opened.tab.locator("#arm option").first.inner_text()
    assert opened.tab.evaluate("window.harmed") is None
    assert opened.tab.locator("img").count() == 0
    assert len(opened.requests) == 1
    assert opened.complaints == []


def test_groups_stand_below_all_patients(opened: Opened) -> None:
    opened.draw_all()
    figure = opened.tab.locator('[data-figure="forest-0"]')
    tops = [
        figure.get_by_text(label).bounding_box()["y"]
        for label in ("all patients (40)", "age 65 or over (20)")
    ]
    assert tops == sorted(tops)


def test_every_figure_has_its_numbers_in_a_table(opened: Opened) -> None:
    for section in opened.tab.locator("main section").all():
        tables = section.locator("table")
        assert tables.count() > 0
        for table in tables.all():
            assert table.locator("tbody tr").count() > 0
            assert table.locator("thead th").count() > 1


def test_printing_opens_the_tables_and_leaves_the_controls_out(opened: Opened) -> None:
    opened.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    opened.tab.emulate_media(media="print")
    assert opened.tab.locator('table[data-table="points"]').is_visible()
    assert not opened.tab.locator("#front .controls").is_visible()


def test_nothing_is_wider_than_a_telephone(opened: Opened) -> None:
    opened.tab.set_viewport_size({"width": 390, "height": 800})
    opened.tab.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_button_turns_light_into_dark(opened: Opened) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = opened.tab.evaluate(paper)
    opened.tab.click("#theme")
    assert opened.tab.evaluate(paper) != light
    opened.tab.click("#theme")
    assert opened.tab.evaluate(paper) == light


def wait_for_rows(opened: Opened, condition: str) -> None:
    """Wait until the number n of rows in the table of points is so."""
    count = "document.querySelectorAll('table[data-table=points] tbody tr').length"
    opened.tab.wait_for_function(f"() => {{ const n = {count}; return {condition}; }}")


def another(opened: Opened) -> str:
    """The title of a policy that is not shown."""
    policies = opened.tab.locator("#arm optgroup").first.locator("option").all_text_contents()
    return next(str(title) for title in policies if title != chosen(opened))


def click_mark(opened: Opened, title: str) -> None:
    mark = opened.tab.locator(f'[data-figure="front"] path[aria-label^="{title},"]').first
    mark.dispatch_event("click", {"bubbles": True})


def slide(opened: Opened, name: str, value: int) -> None:
    slider = opened.tab.locator(f'input[name="{name}"]')
    slider.fill(str(value))


def intervals(opened: Opened, *, column: int, only: str = "") -> list[tuple[float, float]]:
    """The intervals in a column of the table of points, the first being 0."""
    out = []
    for row in opened.tab.locator('table[data-table="points"] tbody tr').all():
        cells: Any = row.locator("th, td").all_text_contents()
        if only in cells[2]:
            low, high = cells[column].split("[")[1].rstrip("]").split(", ")
            out.append((float(low), float(high)))
    return out
