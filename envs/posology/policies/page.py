"""The `README.md` of a policy's folder: what it holds, and how to run it."""

from dataclasses import asdict
from typing import Any

from posology.policies.network import NetworkPolicy
from posology.policies.situation import View
from posology.policies.trained import OWN, TrainedPolicy


def page(policy: TrainedPolicy) -> bytes:
    """The page, in Markdown."""
    environment, held_out = policy.environment, policy.held_out
    return f"""\
# {policy.name}: {policy.label}

A dosing policy for `{environment.id}`, version {environment.version}, learned on virtual patients
by multi-objective reinforcement learning. **In silico and for research use only; not for patient
care.**

On {held_out["patients"]} held-out patients:

{_results(policy)}

`policy.safetensors` holds the network, `policy.json` all else: what is observed and done, the
preference, results with intervals, and where the policy comes from. Both hold data only; nothing is
executed when they are read.

## With posology

posology is installed with dosefront; it imports neither Ray nor torch.

```python
{_posology_code(policy)}
```

The means are those above{_signs(policy)}.

## With torch

Torch needs no posology for the network; `observations` are those of `env` above.

```python
{_torch_code(policy.network)}
```

{_observed(policy)}
""".encode()


def _results(policy: TrainedPolicy) -> str:
    rows = [
        f"| {objective.name} | {objective.unit} | {objective.sense} | {_figure(estimate)} |"
        for objective, estimate in zip(
            policy.objectives, policy.held_out["value_vector"], strict=True
        )
    ]
    return "\n".join(
        ["| objective | unit | | mean and 95 % interval |", "|---|---|---|---|", *rows]
    )


def _figure(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:.4g} [{estimate['low']:.4g}, {estimate['high']:.4g}]"


def _signs(policy: TrainedPolicy) -> str:
    turned = [each.name for each in policy.objectives if each.sense == "minimise"]
    return f", with {' and '.join(turned)} negative, since rewards are maximised" if turned else ""


def _posology_code(policy: TrainedPolicy) -> str:
    patients, discount = policy.held_out["patients"], policy.held_out["discount"]
    imports, env = "", f"env = policy.make_env({patients})"
    if not policy.environment.id.startswith(OWN):
        imports = "from dosefront.environments import make_vector_env\n"
        cohort = {"cohort_seed": policy.environment.cohorts["seed"], "split": "held-out"}
        env = f"""\
options = {{**policy.environment.options, **{cohort}, "patients": {patients}}}
made = make_vector_env(policy.environment.id, num_envs={patients}, options=options)
env = policy.wrap(made)"""
    paid = "rewards" if discount == 1.0 else f"{discount!r}**step * rewards"
    begun, stepped = ("", "") if discount == 1.0 else ("step = 0\n", "\n    step += 1")
    return f"""\
import numpy as np
import posology
{imports}
policy = posology.load_policy(".")  # this folder
{env}
observations, _ = env.reset(options={{"patients": np.arange({patients})}})
returns, running = 0.0, np.ones({patients}, bool)
{begun}while running.any():
    actions = policy.actions(observations)
    observations, rewards, terminated, truncated, _ = env.step(actions)
    returns = returns + running[:, None] * {paid}  # a finished slot takes its next patient
    running = running & ~(terminated | truncated){stepped}
print([each["name"] for each in env.metadata["objectives"]], returns.mean(axis=0))"""


def _torch_code(network: NetworkPolicy) -> str:
    last, inputs = len(network.weights) - 1, network.weights[0].shape[1]
    lines = [f"x = seen[:, :{inputs}]"]
    if last:
        lines += [
            f"for k in range({last}):",
            f'    x = torch.{network.activation}(linear(x, layers[f"layers.{{k}}.weight"], '
            'layers[f"layers.{k}.bias"]))',
        ]
    lines += [f'x = linear(x, layers["layers.{last}.weight"], layers["layers.{last}.bias"])']
    if network.reading == "values":
        preference = list(network.view.preference or ())
        lines += [
            f"preference = torch.tensor({preference})",
            f"x = (x.view(len(x), {len(preference)}, -1) * preference[:, None]).sum(1)",
        ]
    if network.view.masks:
        lines += [f'x = x.where(seen[:, -{network.choices}:] > 0, -float("inf"))']
    lines += _read_out(network)
    body = "\n".join(f"    {line}" for line in lines)
    return f"""\
import torch
from safetensors.torch import load_file
from torch.nn.functional import linear

layers = load_file("policy.safetensors")

def act(observations):
    seen = torch.as_tensor(observations)
{body}

actions = act(observations).numpy()"""


def _read_out(network: NetworkPolicy) -> list[str]:
    form = network.form
    if form.kind == "Discrete":
        return ["return x.argmax(1)"]
    if form.kind == "MultiDiscrete":
        sizes = list(form.sizes)
        return [f"return torch.stack([each.argmax(1) for each in x.split({sizes}, 1)], 1)"]
    unit = "torch.tanh(x)" if form.is_squashed else "x.clamp(-1, 1)"
    return [
        f"low, high = torch.tensor({list(form.low)}), torch.tensor({list(form.high)})",
        f"return low + ({unit}[:, :{len(form.low)}] + 1) * 0.5 * (high - low)",
    ]


def _observed(policy: TrainedPolicy) -> str:
    """What stands in an observation, in order."""
    view, names = policy.network.view, ", ".join(each.name for each in policy.objectives)
    plain = asdict(View())
    added = {name: value for name, value in asdict(view).items() if value != plain[name]}
    said = {
        "history": f"those of the {view.history - 1} observations before it, newest first; a "
        "course's first stands in for what is not there yet",
        "accrued": f"what has accrued so far ({names}), on the scale where the reference of "
        "`policy.json` is 0 and the ideal is 1",
        "discount": f"the discount reached, {view.discount:g} to the power of the steps taken",
        "preference": f"the preference ({names}): {list(view.preference or ())}",
        "masks": "1 for each action that is open, else 0",
    }
    named = ", which `policy.json` names" if policy.environment.features else ""
    own = f"the {policy.environment.observation} numbers of the environment{named}"
    parts = [own, *(said.get(name, f"{name} ({value})") for name, value in added.items())]
    return f"An observation holds, in this order: {'; '.join(parts)}."
