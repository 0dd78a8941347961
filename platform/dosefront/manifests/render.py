"""render: the manifest of a kind, from a plan."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from dosefront.errors import UsageError
from dosefront.manifests.kuberay import cluster_manifest, job_manifest
from dosefront.manifests.plan import ClusterPlan, option
from dosefront.manifests.ray_up import aws_config, gcp_config, on_premise_config
from dosefront.manifests.slurm import batch_script
from dosefront.suggestion import suggestion


@dataclass(frozen=True)
class Kind:
    """One kind of manifest."""

    write: Callable[[ClusterPlan], str]
    uses: frozenset[str]
    """Fields of the plan that it reads."""
    file: str
    """Where cluster/ has it, rendered with default values."""
    command: str
    """What to do with it, {file} standing for its path."""


_SIZE = frozenset({"name", "workers", "cpus", "memory_gib", "gpus"})
_PODS = _SIZE | {"min_workers", "image", "storage_class", "storage_gib", "redis"}
_CLOUD = _SIZE | {"min_workers", "image", "nfs"}

KINDS = {
    "kuberay-cluster": Kind(
        cluster_manifest, _PODS, "kuberay/raycluster.yaml", "kubectl apply -f {file}"
    ),
    "kuberay-job": Kind(job_manifest, _PODS, "kuberay/rayjob.yaml", "kubectl apply -f {file}"),
    "slurm": Kind(batch_script, _SIZE, "slurm/sweep.sbatch", "sbatch {file} EXPERIMENT.yaml RUN"),
    "aws": Kind(aws_config, _CLOUD, "aws/cluster.yaml", "ray up {file}"),
    "gcp": Kind(gcp_config, _CLOUD, "gcp/cluster.yaml", "ray up {file}"),
    "on-premise": Kind(
        on_premise_config,
        _SIZE | {"image", "hosts", "nfs"},
        "on-premise/cluster.yaml",
        "ray up {file}",
    ),
}


def render(kind: str, plan: ClusterPlan | None = None) -> str:
    """The manifest as text, ending with a line break.

    A value that the kind has no use for is refused rather than left out in silence.
    """
    if kind not in KINDS:
        raise UsageError(f"no kind of cluster is called {kind!r}. {suggestion(kind, KINDS)}")
    plan = plan or ClusterPlan()
    _check_uses(kind, plan)
    return KINDS[kind].write(plan)


def _check_uses(kind: str, plan: ClusterPlan) -> None:
    for field in fields(plan):
        given = getattr(plan, field.name) != field.default
        if given and field.name not in KINDS[kind].uses:
            raise UsageError(
                f"{kind} has no use for {option(field.name)}; it takes "
                f"{', '.join(sorted(map(option, KINDS[kind].uses)))}."
            )
