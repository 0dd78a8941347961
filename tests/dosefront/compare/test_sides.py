import numpy as np
import pytest

from dosefront.compare import parse_objective, read_points, read_sides
from dosefront.errors import FrontError, UsageError

BOX = (parse_objective("efficacy:maximise:-20:100"), parse_objective("toxicity:minimise:12:0"))


def written(tmp_path, text, name="points.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_points_are_grouped_by_seed_and_maximised(tmp_path):
    path = written(
        tmp_path,
        "seed,algorithm,efficacy,toxicity,note\n1,A,10,2,x\n1,A,20,3,\n2,A,15,1,\n2,B,5,0.5,\n",
    )
    (whole,) = read_sides([str(path)], BOX)
    assert [(each.seed, each.values.tolist()) for each in whole.fronts] == [
        (1, [[10.0, -2.0], [20.0, -3.0]]),
        (2, [[15.0, -1.0], [5.0, -0.5]]),
    ]
    (named,) = read_sides([f"{path}:A:2"], BOX)
    assert [front.values.tolist() for front in named.fronts] == [[[15.0, -1.0]]]
    assert (named.label, named.environment) == ("points.csv:A:2", None)


def test_points_of_a_run_have_the_box_of_the_run(run, tmp_path):
    path = written(tmp_path, "efficacy,toxicity\n10,2\n")
    points, _ = read_sides([str(path), str(run)])
    assert points.objectives[1].reference == 12.0
    assert "flatters" in points.notes[0]


def test_five_thousand_points_are_read(tmp_path):
    rows = np.random.default_rng(1).uniform(0.0, 10.0, size=(5000, 2))
    text = "efficacy,toxicity\n" + "\n".join(f"{x},{y}" for x, y in rows)
    (values,) = read_points(written(tmp_path, text), BOX).values()
    assert values.shape == (5000, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no points"),
        ("efficacy,toxicity\n", "holds no points"),
        ("efficacy,harm\n1,2\n", 'must have a column "toxicity"; it has efficacy, harm'),
        ("efficacy,toxicity\n1,2\n1,nan\n", '"toxicity" of point 2 .* finite number'),
        ("efficacy,toxicity\n1,\n", '"toxicity" of point 1 .* finite number'),
        ("efficacy,toxicity\n1\n", '"toxicity" of point 1 .* finite number'),
        ("efficacy,toxicity,seed\n1,2,x\n", '"seed" of point 1'),
    ],
)
def test_points_that_cannot_be_used_are_refused_with_their_place(tmp_path, text, message):
    with pytest.raises(UsageError, match=message):
        read_sides([str(written(tmp_path, text))], BOX)


@pytest.mark.parametrize("text", ["{", "[]", '{"points": 3}', "[1, 2]", '{"other": []}'])
def test_json_without_points_is_refused(tmp_path, text):
    with pytest.raises(UsageError, match="holds no points"):
        read_sides([str(written(tmp_path, text, "points.json"))], BOX)


@pytest.mark.parametrize(
    "text", ["toxicity", "toxicity:minimise:12", "t:less:12:0", "t:minimise:0:12", "t:minimise:a:0"]
)
def test_an_objective_that_is_not_written_so_is_refused(text):
    with pytest.raises(UsageError, match="an objective is written"):
        parse_objective(text)


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        (":A2C", r"names no policy.*PPO:1"),
        (":PPO:9", "names no policy"),
        (":PPO:one", "whole number"),
        ("-gone", "nothing at"),
    ],
)
def test_what_a_run_does_not_have_is_refused(run, ending, message):
    with pytest.raises(UsageError, match=message):
        read_sides([f"{run}{ending}"])


def test_points_without_a_box_are_refused(tmp_path):
    path = written(tmp_path, "efficacy,toxicity\n1,2\n")
    with pytest.raises(UsageError, match="--objective name:maximise"):
        read_sides([str(path), str(path)])


def test_a_front_of_an_older_schema_says_how_to_write_it_anew(tmp_path):
    written(tmp_path, '{"schema_version": 2}', "front.json")
    with pytest.raises(FrontError, match=f"dosefront resume {tmp_path}"):
        read_sides([str(tmp_path), str(tmp_path)])
