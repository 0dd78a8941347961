"""One arm has one colour."""

import colorsys

from dosefront.report.palette import ALGORITHMS, CARE, LABEL, POINTS, arm_colours


def test_conventional_care_has_its_colour_whatever_else_is_shown() -> None:
    alone = arm_colours([], [LABEL, "random"])
    beside = arm_colours(["a", "b", "c"], ["random", LABEL])
    assert alone[LABEL] == beside[LABEL] == "#000000"
    assert alone["random"] == beside["random"]


def test_points_take_their_colours_in_order() -> None:
    names = [f"point {k}" for k in range(6)]
    assert list(arm_colours(names).values()) == list(POINTS)
    assert arm_colours([*names, "seventh"])["seventh"] == POINTS[0]


def test_no_two_arms_and_no_algorithm_share_a_colour() -> None:
    colours = [*POINTS, *CARE.values(), *ALGORITHMS]
    assert len(set(colours)) == len(colours)


def test_care_is_grey_and_points_are_not() -> None:
    def saturation(colour: str) -> float:
        red, green, blue = (int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
        return colorsys.rgb_to_hls(red, green, blue)[2]

    assert all(saturation(colour) == 0.0 for colour in CARE.values())
    assert all(saturation(colour) > 0.4 for colour in POINTS)
