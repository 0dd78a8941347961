"""How W&B is reached: where its files lie, whether there is an account, and whether it answers."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from dosefront.errors import TrackerError
from dosefront.records import RunFolder

try:
    import wandb
    from wandb.sdk.lib.wbauth import read_netrc_auth
except ImportError:
    IS_INSTALLED = False
else:
    IS_INSTALLED = True

ANSWER_SECONDS: Final = 20
"""How long the server may take to answer a question."""
NO_ACCOUNT: Final = (
    "W&B needs an account, and this machine holds no key of one. Run `wandb login`, or set "
    "WANDB_API_KEY (and WANDB_BASE_URL for a server of your own)."
)


def wandb_environment(run_folder: RunFolder) -> dict[str, str]:
    """Keeps W&B's files in the run folder, its crash reports at home and its terminal quiet."""
    folder = run_folder.wandb.resolve()
    return {
        "WANDB_DIR": str(folder.parent),
        "WANDB_DATA_DIR": str(folder / "data"),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
    }


@contextmanager
def environment_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set while the block runs; a variable that is empty is taken away."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set({name: value or "" for name, value in before.items()})


def may_go_online() -> bool:
    """Whether this machine holds a W&B key and its user has not gone offline; asks no server."""
    return wandb.setup().settings.mode == "online" and has_key()


def has_key() -> bool:
    """Whether this machine holds a key for the W&B server that it uses."""
    settings = wandb.setup().settings
    return bool(settings.api_key or read_netrc_auth(host=settings.base_url))


@contextmanager
def account() -> Iterator[Any]:
    """The API of the account whose key this machine holds, while the block runs.

    Raises:
        TrackerError: W&B is not installed, there is no key, or the server does not answer.
    """
    if not IS_INSTALLED:
        raise TrackerError("wandb is not installed. Install it: pip install 'wandb>=0.31'.")
    with environment_variables({"WANDB_MODE": "", "WANDB_ERROR_REPORTING": "false"}):
        try:
            if not has_key():
                raise TrackerError(NO_ACCOUNT)
            server = wandb.setup().settings.base_url
            try:
                api = wandb.Api(timeout=ANSWER_SECONDS)
            except wandb.Error as error:
                raise TrackerError(
                    f"the W&B server {server} refuses this machine's key or cannot be reached: "
                    f"{error}. Check the network, WANDB_BASE_URL and `wandb login`; the run folder "
                    "holds everything."
                ) from error
            yield api
        finally:
            wandb.teardown()


def _set(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value
