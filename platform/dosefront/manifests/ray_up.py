"""`ray up`: clusters of machines that Ray reaches over SSH, for hire or one's own.

Every machine runs one container. The token travels as a file, the runs lie on an NFS export that
Docker mounts into each container, and the dashboard listens on the head's loopback address only.
"""

from collections.abc import Sequence
from textwrap import indent

from dosefront.manifests.machines import AWS, GCP, Machine, smallest
from dosefront.manifests.plan import ClusterPlan

_HOME = "/home/ray"
_TOKEN = f"{_HOME}/ray_token"


def aws_config(plan: ClusterPlan) -> str:
    """The configuration of a cluster on Amazon's EC2."""
    machine = smallest(AWS, cpus=plan.cpus, memory_gib=plan.memory_gib, gpus=plan.gpus)
    return f"""\
# A Ray cluster on AWS for dosefront's sweeps: `ray up cluster.yaml`.
# Rendered by `dosefront cluster render --kind aws`. Region, instance types and image of the
# machines are common choices; change them freely.
cluster_name: {plan.name}
max_workers: {plan.workers}
idle_timeout_minutes: 5
provider:
  type: aws
  region: us-east-1
  cache_stopped_nodes: false  # machines end when they idle, and nothing is left to pay for
  use_internal_ips: false  # true where this is run from inside the network, as it should be
auth:
  ssh_user: ubuntu
head_node_type: head
available_node_types:
  head:
    resources: {{CPU: 0}}  # the head runs the sweep's driver and no trials
    node_config:
      InstanceType: m7i.large  # 2 CPUs, 8 GiB
{indent(_AWS_HARDENING, "      ")}\
  trials:
    min_workers: {plan.min_workers}
    max_workers: {plan.workers}
    resources: {{{_resources(plan)}}}
    node_config:
      InstanceType: {machine.name}  # {machine.cpus} CPUs, {machine.memory_gib} GiB{_gpus(machine)}
      InstanceMarketOptions: {{MarketType: spot}}  # a lost trial goes on elsewhere
{indent(_AWS_HARDENING, "      ")}\
{_containers(plan)}\
head_setup_commands:
  - pip install --user --quiet boto3  # the head starts and ends the workers
{_START}"""


def gcp_config(plan: ClusterPlan) -> str:
    """The configuration of a cluster on Google's Compute Engine."""
    machine = smallest(GCP, cpus=plan.cpus, memory_gib=plan.memory_gib, gpus=plan.gpus)
    terminate = ", onHostMaintenance: TERMINATE" if plan.gpus else ""
    image = "common-cu129-ubuntu-2404-nvidia-580" if plan.gpus else "common-cpu"
    return f"""\
# A Ray cluster on Google Cloud for dosefront's sweeps: `ray up cluster.yaml`.
# Rendered by `dosefront cluster render --kind gcp`. Zone, machine types and image of the machines
# are common choices; change them freely. The project must be changed.
cluster_name: {plan.name}
max_workers: {plan.workers}
idle_timeout_minutes: 5
provider:
  type: gcp
  region: us-central1
  availability_zone: us-central1-a
  project_id: your-project  # change this
  use_internal_ips: false  # true where this is run from inside the network, as it should be
auth:
  ssh_user: ubuntu
head_node_type: head
available_node_types:
  head:
    resources: {{CPU: 0}}  # the head runs the sweep's driver and no trials
    node_config:
      machineType: n2-standard-2  # 2 CPUs, 8 GiB
{indent(_gcp_disk("common-cpu"), "      ")}\
  trials:
    min_workers: {plan.min_workers}
    max_workers: {plan.workers}
    resources: {{{_resources(plan)}}}
    node_config:
      machineType: {machine.name}  # {machine.cpus} CPUs, {machine.memory_gib} GiB{_gpus(machine)}
      scheduling: [{{preemptible: true{terminate}}}]  # a lost trial goes on elsewhere
{indent(_gcp_disk(image), "      ")}\
{_containers(plan)}\
head_setup_commands:
  - pip install --user --quiet google-api-python-client  # the head starts and ends the workers
{_START}"""


def on_premise_config(plan: ClusterPlan) -> str:
    """The configuration of a cluster of machines that are there already."""
    head, *workers = plan.machines
    limits = (f"--cpus={plan.cpus}", f"--memory={plan.memory_gib}g")
    return f"""\
# A Ray cluster on machines of one's own for dosefront's sweeps: `ray up cluster.yaml`.
# Rendered by `dosefront cluster render --kind on-premise --host HEAD --host WORKER ...`.
# Every machine has Docker and the SSH user's key.
cluster_name: {plan.name}
max_workers: {len(workers)}
min_workers: {len(workers)}
provider:
  type: local
  head_ip: {head}
  worker_ips:
{_listed(workers)}\
auth:
  ssh_user: ubuntu  # must be able to run docker
  ssh_private_key: ~/.ssh/id_ed25519
{_containers(plan, limits=limits)}\
head_start_ray_commands:
  - ray stop
  - >-
    ulimit -n 65536; ray start --head --port=6379 --dashboard-host=127.0.0.1
    --num-cpus=0 --num-gpus=0 --disable-usage-stats
    --autoscaling-config=~/ray_bootstrap_config.yaml
worker_start_ray_commands:
  - ray stop
  - >-
    ulimit -n 65536; ray start --address=$RAY_HEAD_IP:6379
    --num-cpus={plan.cpus} --num-gpus={plan.gpus} --disable-usage-stats
"""


def _containers(plan: ClusterPlan, *, limits: Sequence[str] = ()) -> str:
    """One container on every machine, the token's file and the volume of runs."""
    of_workers = [*limits, f"--gpus={plan.gpus}"] if plan.gpus else limits
    return f"""\
docker:
  image: {plan.image}  # not root, and numbered as the SSH user
  container_name: dosefront
  pull_before_run: true
  run_options:
    - --cap-drop=ALL
    - --security-opt=no-new-privileges
    - --env=RAY_AUTH_MODE=token
    - --env=RAY_AUTH_TOKEN_PATH={_TOKEN}
    - --env=OMP_NUM_THREADS=1
    # The NFS export, the same on every machine; {_HOME}/dosefront-runs is where runs are kept.
    - >-
      {_nfs_mount(plan)}
  worker_run_options: [{", ".join(of_workers)}]
file_mounts:
  {_TOKEN}: ~/.ray/auth_token  # made by `ray get-auth-token --generate`
  # {_HOME}/.netrc: ~/.netrc  # for W&B, if you have its key there
  # {_HOME}/.aws: ~/.aws  # for an object store, if its key is there
"""


def _nfs_mount(plan: ClusterPlan) -> str:
    """An option of `docker run`: comma-separated values, one of which has commas of its own."""
    server, _, path = plan.nfs.partition(":")
    values = (
        "type=volume",
        "source=dosefront-runs",
        f"target={_HOME}/dosefront-runs",
        "volume-nocopy=true",
        "volume-driver=local",
        "volume-opt=type=nfs",
        f"volume-opt=device=:{path}",
        f'"volume-opt=o=addr={server},nfsvers=4.1,hard"',
    )
    return f"--mount='{','.join(values)}'"


def _listed(hosts: Sequence[str]) -> str:
    return "".join(f"    - {host}\n" for host in hosts)


def _resources(plan: ClusterPlan) -> str:
    return f"CPU: {plan.cpus}" + (f", GPU: {plan.gpus}" if plan.gpus else "")


def _gpus(machine: Machine) -> str:
    return f", {machine.gpus} NVIDIA L4" if machine.gpus else ""


def _gcp_disk(family: str) -> str:
    return f"""\
disks:
  - boot: true
    autoDelete: true
    type: PERSISTENT
    initializeParams:
      diskSizeGb: 100
      sourceImage: projects/deeplearning-platform-release/global/images/family/{family}
"""


_AWS_HARDENING = """\
MetadataOptions: {HttpTokens: required}
BlockDeviceMappings:
  - DeviceName: /dev/sda1
    Ebs: {VolumeSize: 140, VolumeType: gp3, Encrypted: true}
"""
_START = """\
head_start_ray_commands:
  - ray stop
  - >-
    ulimit -n 65536; ray start --head --port=6379 --dashboard-host=127.0.0.1
    --disable-usage-stats --autoscaling-config=~/ray_bootstrap_config.yaml
worker_start_ray_commands:
  - ray stop
  - ulimit -n 65536; ray start --address=$RAY_HEAD_IP:6379 --disable-usage-stats
"""
