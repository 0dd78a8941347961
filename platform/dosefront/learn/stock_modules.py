"""RLlib's own networks, told at an observation's end which actions are open."""

from typing import Any

import torch
from ray.rllib.algorithms.appo.torch.default_appo_torch_rl_module import DefaultAPPOTorchRLModule
from ray.rllib.algorithms.dqn.default_dqn_rl_module import QF_PREDS
from ray.rllib.algorithms.dqn.torch.default_dqn_torch_rl_module import DefaultDQNTorchRLModule
from ray.rllib.algorithms.ppo.torch.default_ppo_torch_rl_module import DefaultPPOTorchRLModule
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import TARGET_NETWORK_ACTION_DIST_INPUTS
from torch import Tensor

from dosefront.learn.action_heads import opened


class MaskedPPOModule(DefaultPPOTorchRLModule):  # type: ignore[misc]  # Ray is untyped
    """Of PPO and IMPALA."""

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return _opened(super()._forward(batch, **kwargs), batch, Columns.ACTION_DIST_INPUTS)

    def _forward_train(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return _opened(super()._forward_train(batch, **kwargs), batch, Columns.ACTION_DIST_INPUTS)


class MaskedAPPOModule(DefaultAPPOTorchRLModule):  # type: ignore[misc]  # Ray is untyped
    """Of APPO, which compares with an older network."""

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return _opened(super()._forward(batch, **kwargs), batch, Columns.ACTION_DIST_INPUTS)

    def _forward_train(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return _opened(super()._forward_train(batch, **kwargs), batch, Columns.ACTION_DIST_INPUTS)

    def forward_target(self, batch: dict[str, Any]) -> dict[str, Any]:
        """What the older network would do."""
        return _opened(super().forward_target(batch), batch, TARGET_NETWORK_ACTION_DIST_INPUTS)


class MaskedDQNModule(DefaultDQNTorchRLModule):  # type: ignore[misc]  # Ray is untyped
    """Of DQN, which passes over actions whose value is minus infinity."""

    def _qf_forward_helper(self, batch: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        outputs = super()._qf_forward_helper(batch, *args, **kwargs)
        values: Tensor = outputs[QF_PREDS]
        masks = batch[Columns.OBS][..., -values.shape[-1] :]
        return {**outputs, QF_PREDS: torch.where(masks > 0.0, values, -torch.inf)}


def _opened(outputs: dict[str, Any], batch: dict[str, Any], name: str) -> dict[str, Any]:
    masks = batch[Columns.OBS][..., -outputs[name].shape[-1] :]
    return {**outputs, name: opened(outputs[name], masks)}
