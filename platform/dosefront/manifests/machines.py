"""Machines for hire: the smallest of a provider's that holds what is asked.

A choice of each provider's common sizes, not its catalogue, and without prices: these differ by
region and day. Any other type can be written into the rendered file.
Sources: https://aws.amazon.com/ec2/instance-types/ and
https://cloud.google.com/compute/docs/machine-resource (NVIDIA L4 in g6 and g2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dosefront.errors import UsageError


@dataclass(frozen=True)
class Machine:
    """A type of machine, as its provider sells it."""

    name: str
    cpus: int
    memory_gib: int
    gpus: int = 0


AWS = (
    Machine("c7i.xlarge", 4, 8),
    Machine("m7i.xlarge", 4, 16),
    Machine("c7i.2xlarge", 8, 16),
    Machine("m7i.2xlarge", 8, 32),
    Machine("c7i.4xlarge", 16, 32),
    Machine("m7i.4xlarge", 16, 64),
    Machine("c7i.8xlarge", 32, 64),
    Machine("m7i.8xlarge", 32, 128),
    Machine("c7i.12xlarge", 48, 96),
    Machine("m7i.12xlarge", 48, 192),
    Machine("c7i.16xlarge", 64, 128),
    Machine("m7i.16xlarge", 64, 256),
    Machine("c7i.24xlarge", 96, 192),
    Machine("m7i.24xlarge", 96, 384),
    Machine("g6.xlarge", 4, 16, gpus=1),
    Machine("g6.2xlarge", 8, 32, gpus=1),
    Machine("g6.4xlarge", 16, 64, gpus=1),
    Machine("g6.8xlarge", 32, 128, gpus=1),
    Machine("g6.12xlarge", 48, 192, gpus=4),
    Machine("g6.24xlarge", 96, 384, gpus=4),
    Machine("g6.48xlarge", 192, 768, gpus=8),
)
GCP = (
    Machine("n2-standard-4", 4, 16),
    Machine("n2-standard-8", 8, 32),
    Machine("n2-standard-16", 16, 64),
    Machine("n2-standard-32", 32, 128),
    Machine("n2-standard-48", 48, 192),
    Machine("n2-standard-64", 64, 256),
    Machine("n2-standard-80", 80, 320),
    Machine("g2-standard-4", 4, 16, gpus=1),
    Machine("g2-standard-8", 8, 32, gpus=1),
    Machine("g2-standard-12", 12, 48, gpus=1),
    Machine("g2-standard-16", 16, 64, gpus=1),
    Machine("g2-standard-32", 32, 128, gpus=1),
    Machine("g2-standard-24", 24, 96, gpus=2),
    Machine("g2-standard-48", 48, 192, gpus=4),
    Machine("g2-standard-96", 96, 384, gpus=8),
)


def smallest(machines: Sequence[Machine], *, cpus: int, memory_gib: int, gpus: int) -> Machine:
    """The machine with the fewest GPUs, then CPUs, then GiB that holds what is asked.

    >>> smallest(AWS, cpus=8, memory_gib=16, gpus=0).name
    'c7i.2xlarge'
    """
    ranked = sorted(machines, key=lambda each: (each.gpus, each.cpus, each.memory_gib))
    for machine in ranked:
        if (
            machine.gpus >= gpus
            and (machine.gpus > 0) == (gpus > 0)
            and machine.cpus >= cpus
            and machine.memory_gib >= memory_gib
        ):
            return machine
    largest = [each for each in ranked if (each.gpus > 0) == (gpus > 0)][-1]
    raise UsageError(
        f"asked for workers with {cpus} CPUs, {memory_gib} GiB and {gpus} GPUs; the largest that "
        f"is known here, {largest.name}, has {largest.cpus}, {largest.memory_gib} and "
        f"{largest.gpus}. Ask for more and smaller workers."
    )
