"""PPO in one file of plain torch: what the frameworks around it cost, and nothing else."""

import time
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from dosefront.learn import ScalarizedVectorEnv


def network(inputs: int, hidden: list[int], outputs: int, last_gain: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise([inputs, *hidden, outputs]):
        linear = nn.Linear(before, after)
        nn.init.orthogonal_(linear.weight, last_gain if after == outputs else 2.0**0.5)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def plain_ppo(
    door: ScalarizedVectorEnv, *, settings: dict, masks: int, steps: int, seed: int
) -> tuple[float, float]:
    """CPU seconds after the first iteration, and steps taken in them."""
    torch.manual_seed(seed)
    inputs = door.single_observation_space.shape[0] - masks
    policy = network(inputs, settings["network"], int(door.single_action_space.n), 0.01)
    value = network(inputs, settings["network"], 1, 1.0)
    parameters = [*policy.parameters(), *value.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=settings["learning_rate"], eps=1e-5, fused=True)

    def logits(x: Tensor) -> Tensor:
        if not masks:
            return policy(x)
        return torch.where(x[..., inputs:] > 0.0, policy(x[..., :inputs]), -1e9)

    envs, length = door.num_envs, settings["fragment"]
    observed, _ = door.reset(seed=seed)
    ended = np.zeros(envs, bool)
    taken, start = 0, time.process_time()
    while taken < steps:
        x = torch.empty(length + 1, envs, observed.shape[1])
        actions = torch.empty(length, envs, dtype=torch.int64)
        logs, rewards, decided, goes_on = (torch.empty(length, envs) for _ in range(4))
        with torch.no_grad():
            for t in range(length):
                x[t], decided[t] = torch.from_numpy(observed), torch.from_numpy(1.0 - ended)
                distribution = torch.distributions.Categorical(
                    logits=logits(x[t]), validate_args=False
                )
                actions[t] = distribution.sample()
                logs[t] = distribution.log_prob(actions[t])
                observed, reward, terminated, truncated, _ = door.step(actions[t].numpy())
                rewards[t] = torch.from_numpy(reward)
                ended = terminated | truncated
                goes_on[t] = torch.from_numpy(1.0 - ended)
            x[length] = torch.from_numpy(observed)
            values = value(x[..., :inputs])[..., 0]
            advantages, following = torch.zeros_like(rewards), torch.zeros(envs)
            for t in reversed(range(length)):
                error = rewards[t] + settings["discount"] * values[t + 1] * goes_on[t] - values[t]
                decay = settings["discount"] * settings["gae_lambda"]
                following = error + decay * goes_on[t] * following
                advantages[t] = following
        kept = decided.bool()
        rows = [
            each[kept] for each in (x[:-1], actions, logs, advantages, advantages + values[:-1])
        ]
        taken += int(kept.sum())
        spread = rows[3].std().clamp_min(1e-4)
        rows[3] = (rows[3] - rows[3].mean()) / spread
        parts = max(1, round(len(rows[0]) / settings["minibatch"]))
        for _ in range(settings["epochs"]):
            for chosen in torch.randperm(len(rows[0])).tensor_split(parts):
                seen, act, old, gain, target = (row[chosen] for row in rows)
                ratio = (logits(seen).log_softmax(-1).gather(-1, act[:, None])[:, 0] - old).exp()
                clipped = ratio.clamp(1.0 - settings["clip"], 1.0 + settings["clip"])
                loss = -torch.minimum(ratio * gain, clipped * gain).mean()
                loss = loss + 0.5 * (value(seen[:, :inputs])[:, 0] - target).square().mean()
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, 0.5)
                optimizer.step()
    return time.process_time() - start, float(taken)
