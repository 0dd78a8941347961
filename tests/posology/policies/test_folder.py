"""The folder of a policy: it survives, runs in torch, and is refused where it is not whole."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from posology import load_policy
from posology.policies import ActionForm, TrainedPolicy, View, save_policy

Make = Callable[..., TrainedPolicy]


@pytest.fixture
def folder(make_trained: Make, tmp_path: Path) -> Path:
    """The folder of a policy that is shown everything."""
    view = View(accrued=True, discount=0.9, preference=(0.25, 0.75), masks=True)
    save_policy(make_trained(view), tmp_path / "policy")
    return tmp_path / "policy"


def change(folder: Path, **fields: Any) -> None:
    mapping = json.loads((folder / "policy.json").read_text())
    (folder / "policy.json").write_text(json.dumps({**mapping, **fields}))


def code_blocks(folder: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)


def test_a_policy_survives_its_folder(each_trained: TrainedPolicy, tmp_path: Path) -> None:
    save_policy(each_trained, tmp_path / "policy")
    again = load_policy(tmp_path / "policy")
    ours, theirs = vars(each_trained) | {"network": None}, vars(again) | {"network": None}
    assert ours == theirs
    for name in ("form", "view", "reading", "activation", "provenance"):
        assert getattr(again.network, name) == getattr(each_trained.network, name)
    shown = np.random.default_rng(0).normal(size=(300, again.network.width)).astype(np.float32)
    assert (again.actions(shown) == each_trained.actions(shown)).all()


def test_groups_of_actions_survive_the_folder(make_trained: Make, tmp_path: Path) -> None:
    policy = make_trained(form=ActionForm("MultiDiscrete", sizes=(5, 5, 15)))
    save_policy(policy, tmp_path / "policy")
    assert load_policy(tmp_path / "policy").network.form == policy.network.form


def test_the_code_of_the_readme_runs_the_policy_and_torch_acts_alike(
    each_trained: TrainedPolicy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_policy(each_trained, tmp_path / "policy")
    monkeypatch.chdir(tmp_path / "policy")
    with_posology, with_torch = code_blocks(tmp_path / "policy")
    names: dict[str, Any] = {}
    exec(with_posology, names)
    assert capsys.readouterr().out.startswith("['efficacy', 'toxicity'] [")
    exec(with_torch, names)
    acted, expected = names["actions"], each_trained.actions(names["observations"])
    if each_trained.network.form.kind == "Box":
        np.testing.assert_allclose(acted, expected, atol=1e-5)
    else:
        assert (acted == expected).mean() > 0.99  # outputs differ in their last bits


def test_torch_acts_alike_in_groups_of_actions(
    make_trained: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make_trained(form=ActionForm("MultiDiscrete", sizes=(5, 5, 15)))
    save_policy(policy, tmp_path / "policy")
    monkeypatch.chdir(tmp_path / "policy")
    observations = np.random.default_rng(0).normal(size=(50, 36)).astype(np.float32)
    names: dict[str, Any] = {"observations": observations}
    exec(code_blocks(tmp_path / "policy")[1], names)
    assert (names["actions"] == policy.actions(observations)).all()


def test_layers_are_named_plainly(folder: Path) -> None:
    from_torch = pytest.importorskip("safetensors.torch")
    layers = from_torch.load_file(folder / "policy.safetensors")
    assert {name: tuple(layer.shape) for name, layer in layers.items()} == {
        "layers.0.weight": (16, 41),
        "layers.0.bias": (16,),
        "layers.1.weight": (25, 16),
        "layers.1.bias": (25,),
    }
    assert all(layer.dtype == torch.float32 for layer in layers.values())


def test_the_description_says_what_is_observed_and_done(folder: Path) -> None:
    written = json.loads((folder / "policy.json").read_text())
    assert written["observation"] == {
        "environment": 36,
        "features": written["observation"]["features"],
        "view": written["observation"]["view"],
        "width": 36 + 2 + 1 + 2 + 25,
    }
    features = written["observation"]["features"]
    assert len(features) == 36
    assert (features[0]["name"], features[0]["unit"]) == ("age", "y")
    assert written["action"]["doses"]["docetaxel"][5 * 3 + 4] == 1.0  # label dose of the first
    assert written["action"]["doses"]["cisplatin"][5 * 3 + 4] == 1.25
    view = written["observation"]["view"]
    assert (view["accrued"], view["discount"], view["masks"]) == (True, 0.9, True)
    assert view["preference"] == written["preference"] == [0.25, 0.75]
    assert written["action"]["kind"] == "Discrete"
    content = (folder / "policy.safetensors").read_bytes()
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    page = (folder / "README.md").read_text()
    assert "0.9 to the power of the steps taken" in page
    assert "not for patient care" in " ".join(page.split()).replace("**", "")


@pytest.mark.parametrize("name", ["policy.json", "policy.safetensors"])
def test_a_missing_file_says_what_the_folder_should_be(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"no exported policy: it has no {name}"):
        load_policy(folder)


def test_weights_that_are_not_those_described_are_refused(folder: Path) -> None:
    tensors = folder / "policy.safetensors"
    content = bytearray(tensors.read_bytes())
    content[-1] ^= 1
    tensors.write_bytes(content)
    with pytest.raises(ValueError, match=r"is not the file that policy\.json describes"):
        load_policy(folder)


def test_a_file_that_is_no_safetensors_is_refused(folder: Path) -> None:
    content = b"\x80\x04\x95cbuiltins\nprint\n"  # the start of a pickle
    (folder / "policy.safetensors").write_bytes(content)
    change(folder, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ValueError, match=r"is damaged: SafetensorError"):
        load_policy(folder)


def test_another_format_is_refused(folder: Path) -> None:
    change(folder, format_version=2)
    with pytest.raises(ValueError, match=r"must have format_version 1; found 2"):
        load_policy(folder)


def test_what_a_newer_version_would_show_is_refused_not_left_out(folder: Path) -> None:
    observation = json.loads((folder / "policy.json").read_text())["observation"]
    observation["view"]["telepathy"] = 3
    change(folder, observation=observation)
    with pytest.raises(ValueError, match=r"shown telepathy, which this posology does not know"):
        load_policy(folder)


@pytest.mark.parametrize("text", ["", "[1]", "{not json"])
def test_a_description_that_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / "policy.json").write_text(text)
    with pytest.raises(ValueError, match=r"policy\.json is damaged"):
        load_policy(folder)


@pytest.mark.parametrize("lacking", ["objectives", "network", "environment"])
def test_a_description_that_lacks_a_part_is_refused(folder: Path, lacking: str) -> None:
    mapping = json.loads((folder / "policy.json").read_text())
    del mapping[lacking]
    (folder / "policy.json").write_text(json.dumps(mapping))
    with pytest.raises(ValueError, match=rf"is damaged: KeyError: '{lacking}'"):
        load_policy(folder)


def test_a_folder_that_holds_something_is_left_alone(make_trained: Make, tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="exists and is not empty"):
        save_policy(make_trained(), tmp_path / "policy")
    assert [each.name for each in tmp_path.rglob("*")] == ["policy", "notes.txt"]


def test_an_empty_folder_is_filled(make_trained: Make, tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    save_policy(make_trained(), tmp_path / "policy")
    assert load_policy(tmp_path / "policy").name == "0123456789"


def test_nothing_half_written_stays_behind(
    make_trained: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save_policy(make_trained(), tmp_path / "policy")
    assert list(tmp_path.iterdir()) == []
