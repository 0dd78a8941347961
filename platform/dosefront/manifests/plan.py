"""ClusterPlan: the few values from which a manifest is written, checked at birth."""

import re
from dataclasses import dataclass

from dosefront.errors import UsageError

RAY_VERSION = "2.60.0"
"""The Ray that the manifests start; a cluster with another one refuses our jobs."""

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,253}")
_REDIS = re.compile(r"(rediss?://)?[A-Za-z0-9][A-Za-z0-9.-]*:\d{1,5}")
_NFS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*:/[A-Za-z0-9._/-]*")
_GIBIBYTES = re.compile(r"([1-9]\d{0,5})(Gi|GiB)?")


@dataclass(frozen=True)
class ClusterPlan:
    """What a cluster is made of. A kind of manifest reads those fields that it has a use for."""

    name: str = "dosefront"
    """The cluster's name, and the beginning of the names of its secrets and its volume."""
    workers: int = 4
    """Machines or pods that run trials, at most; one more is the head, which runs none."""
    min_workers: int = 0
    """Of those, how many are kept while no trial waits."""
    cpus: int = 8
    """CPUs of each worker; a trial takes one."""
    memory_gib: int = 16
    """Memory of each worker [GiB]; a trial takes about half of one."""
    gpus: int = 0
    """GPUs of each worker."""
    image: str = f"registry.example/dosefront-ray:{RAY_VERSION}"
    """The container image, such as cluster/docker/Dockerfile makes."""
    storage_class: str | None = None
    """The Kubernetes storage class of the volume of runs; None: the cluster's default."""
    storage_gib: int = 50
    """Size of the volume of runs [GiB]."""
    redis: str | None = None
    """HOST:PORT of the Redis that keeps the head's state; None: it is lost with the head."""
    hosts: tuple[str, ...] = ()
    """Machines of one's own, the head first; (): placeholders, one for each worker."""
    nfs: str = "nfs.example:/dosefront-runs"
    """SERVER:/PATH of the NFS export that holds the runs, for machines outside Kubernetes."""

    def __post_init__(self) -> None:
        self._check_hosts()
        self._check_sizes()
        self._check_names()

    def _check_sizes(self) -> None:
        least = {"workers": 1, "cpus": 1, "memory_gib": 2, "storage_gib": 1}
        least |= {"min_workers": 0, "gpus": 0}
        for field, bound in least.items():
            if getattr(self, field) < bound:
                raise UsageError(
                    f"{option(field)} is at least {bound}; got {getattr(self, field)}."
                )
        if self.min_workers > self.workers:
            raise UsageError(
                f"--min-workers is at most --workers; got {self.min_workers} of {self.workers}. "
                "Raise --workers, or keep fewer."
            )

    def _check_names(self) -> None:
        if self.redis is not None and "@" in self.redis:
            raise UsageError(
                "--redis carries no user or password, for a manifest holds no secrets. Give "
                f"HOST:PORT, and the password as the secret {self.name}-redis."
            )
        for field, pattern, form in (
            ("name", _NAME, "small letters, digits and -, at most 40, such as dosefront"),
            ("image", _IMAGE, "a container image, such as registry.example/dosefront-ray:1.0"),
            ("storage_class", _SUBDOMAIN, "the name of a storage class, such as efs-sc"),
            ("redis", _REDIS, "HOST:PORT, such as redis:6379, or rediss://HOST:PORT with TLS"),
            ("nfs", _NFS, "SERVER:/PATH, such as 10.0.0.5:/dosefront-runs"),
        ):
            value = getattr(self, field)
            if value is not None and not pattern.fullmatch(value):
                raise UsageError(f"{option(field)} is {form}; got {value!r}.")

    def _check_hosts(self) -> None:
        if not self.hosts:
            return
        if wrong := [host for host in self.hosts if not _HOST.fullmatch(host)]:
            raise UsageError(f"--host is a name or an IPv4 address; got {wrong[0]!r}.")
        if len(set(self.hosts)) < max(2, len(self.hosts)):
            raise UsageError(
                "--host names the head and then every worker, each once; got "
                f"{', '.join(self.hosts)}."
            )
        if self.workers != len(self.hosts) - 1:
            raise UsageError(
                f"{len(self.hosts)} hosts are a head and {len(self.hosts) - 1} workers; got "
                f"--workers {self.workers}. Leave --workers out, or name as many hosts."
            )

    @property
    def machines(self) -> tuple[str, ...]:
        """The hosts, the head first; placeholders to be replaced where none were named."""
        workers = (f"worker-{number}.example" for number in range(1, self.workers + 1))
        return self.hosts or ("head.example", *workers)


def option(field: str) -> str:
    """The command line's name of a plan's field.

    >>> option("memory_gib"), option("min_workers"), option("hosts")
    ('--memory', '--min-workers', '--host')
    """
    bare = {"hosts": "host"}.get(field, field.removesuffix("_gib"))
    return "--" + bare.replace("_", "-")


def gibibytes(text: str) -> int:
    """A size in GiB, written as Kubernetes does or as a bare number.

    >>> gibibytes("16Gi"), gibibytes("16")
    (16, 16)
    """
    match = _GIBIBYTES.fullmatch(text)
    if match is None:
        raise UsageError(f"a size is a whole number of GiB, such as 16 or 16Gi; got {text!r}.")
    return int(match[1])
