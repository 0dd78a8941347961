"""What the arms give: doses by cycle, and by tumour size and neutrophils."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from dosefront.clinical import DoseMap, cycle_doses, dose_map
from dosefront.report.canvas import Arm, add_caption, add_legend, new_figure, plain
from dosefront.report.palette import GRID

FEWEST_TREATED: Final = 20
"""Cycles that fewer patients began have no mean worth drawing."""
LEAST_VISITS: Final = 20
SIZES: Final = (0.0, 0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5, np.inf)
"""Edges: true size of the tumour, of baseline."""
NEUTROPHILS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, np.inf)
"""Edges [10^9/L]: the bounds of CTCAE grades and the label's threshold among them."""
HIGHEST: Final = 1.25


def draw_cycles(care: Arm, points: Sequence[Arm], context: str) -> Figure:
    """Mean dose of each drug by cycle, and how many patients began it."""
    arms = (care, *points)
    drugs = care.courses.drugs
    figure = new_figure(2.6 + 2.9 * (len(drugs) + 1), 4.0)
    panels = figure.subplots(1, len(drugs) + 1, sharex=True)
    for arm in arms:
        doses = cycle_doses(arm.courses)
        cycles = np.arange(1, doses.treated.size + 1)
        enough = doses.treated >= FEWEST_TREATED
        style = {"color": arm.colour, "marker": "o", "markersize": 4.0, "linewidth": 1.4}
        for index in range(len(drugs)):
            panels[index].plot(cycles[enough], doses.fractions[enough, index], **style)
        panels[-1].plot(cycles, 100.0 * doses.treated / len(arm.courses.size), **style)
    for axes, drug in zip(panels, drugs, strict=False):
        axes.set_title(drug, fontsize="medium")
        axes.set_ylim(0.0, 1.32)
    panels[0].set_ylabel("mean dose [of the label's]")
    panels[-1].set_title("patients who began the cycle", fontsize="medium")
    panels[-1].set_ylabel("share [%]")
    panels[-1].set_ylim(0.0, 104.0)
    for axes in panels:
        axes.set_xlabel("cycle")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        plain(axes)
    add_legend(figure, [_handle(arm) for arm in arms])
    add_caption(
        figure,
        f"Mean dose among the patients who began the cycle, n = {len(care.courses.size):,} at the "
        f"first visit; cycles that fewer than {FEWEST_TREATED} began are left out. {context}",
    )
    return figure


def draw_dose_maps(care: Arm, points: Sequence[Arm], context: str) -> Figure:
    """A column an arm, a row a drug: mean dose by tumour size and neutrophils."""
    arms, drugs = (care, *points), care.courses.drugs
    maps = [
        dose_map(arm.courses, sizes=SIZES, neutrophils=NEUTROPHILS, least_visits=LEAST_VISITS)
        for arm in arms
    ]
    seen = np.any([found.visits >= LEAST_VISITS for found in maps], axis=0)
    figure = new_figure(2.2 + 2.6 * len(arms), 1.4 + 2.1 * len(drugs))
    panels = figure.subplots(len(drugs), len(arms), sharex=True, sharey=True, squeeze=False)
    for column, (arm, found) in enumerate(zip(arms, maps, strict=True)):
        for row, drug in enumerate(drugs):
            image = _draw_map(panels[row, column], found, row)
            panels[row, 0].set_ylabel(f"{drug}\nneutrophils [10⁹/L]", fontsize="small")
        panels[0, column].set_title(arm.title, fontsize="small")
        panels[-1, column].set_xlabel("tumour size [of baseline]", fontsize="small")
    for axes, has in (
        (panels[0, 0].set_xlim, seen.any(axis=0)),
        (panels[0, 0].set_ylim, seen.any(axis=1)),
    ):
        fields = np.flatnonzero(has)
        axes(fields[0], fields[-1] + 1)
    figure.colorbar(image, ax=panels, label="mean dose [of the label's]")
    add_caption(
        figure,
        f"Mean dose given at visits at which one was due, by the patient's true size and "
        f"neutrophils then; the clinic saw the last scan and an assay. Grey: fewer than "
        f"{LEAST_VISITS} such visits among the {len(care.courses.size):,} patients, so that "
        f"nothing is said. {context}",
    )
    return figure


def _draw_map(axes: Axes, found: DoseMap, drug: int) -> QuadMesh:
    axes.set_facecolor(GRID)
    values = np.ma.masked_invalid(found.fractions[:, :, drug])
    image = axes.pcolormesh(
        np.arange(len(SIZES)),
        np.arange(len(NEUTROPHILS)),
        values,
        vmin=0.0,
        vmax=HIGHEST,
        cmap="cividis",
    )
    axes.set_xticks(range(1, len(SIZES) - 1), [f"{edge:g}" for edge in SIZES[1:-1]])
    axes.set_yticks(range(1, len(NEUTROPHILS) - 1), [f"{edge:g}" for edge in NEUTROPHILS[1:-1]])
    axes.tick_params(labelsize="small")
    return image


def _handle(arm: Arm) -> Line2D:
    return Line2D([], [], color=arm.colour, marker="o", markersize=4.0, label=arm.title)
