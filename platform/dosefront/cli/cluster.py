"""Commands about clusters themselves."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dosefront.cli.arguments import narration
from dosefront.records.storage import storage_error

cluster = typer.Typer(no_args_is_help=True, help="Write what a Ray cluster is started with.")


@cluster.command()
def render(
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="kuberay-cluster, kuberay-job, slurm, aws, gcp or on-premise.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Of the cluster; its secrets' names begin with it.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Machines or pods that run trials, at most.")
    ] = None,
    min_workers: Annotated[
        int | None, typer.Option(help="Of those, how many stay while no trial waits.")
    ] = None,
    cpus: Annotated[int | None, typer.Option(help="Of each worker; a trial takes one.")] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="GiB", help="Of each worker, such as 16 or 16Gi.")
    ] = None,
    gpus: Annotated[
        int | None, typer.Option(help="Of each worker; trials themselves ask for none.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="Container image, such as cluster/docker's.")
    ] = None,
    storage_class: Annotated[
        str | None, typer.Option(help="Of the volume of runs, on Kubernetes: ReadWriteMany.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="GiB", help="Of the volume of runs, on Kubernetes.")
    ] = None,
    redis: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Keeps the head's state, on Kubernetes."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="On-premise: the head, then each worker; repeated."),
    ] = None,
    nfs: Annotated[
        str | None,
        typer.Option(metavar="SERVER:/PATH", help="Keeps the runs, outside Kubernetes."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write this file instead of stdout.")
    ] = None,
) -> None:
    """Write a manifest, script or configuration of a Ray cluster from a few values."""
    from dosefront import manifests

    given: dict[str, Any] = {
        "name": name,
        "workers": len(host) - 1 if host and workers is None else workers,
        "min_workers": min_workers,
        "cpus": cpus,
        "memory_gib": manifests.gibibytes(memory) if memory else None,
        "gpus": gpus,
        "image": image,
        "storage_class": storage_class,
        "storage_gib": manifests.gibibytes(storage) if storage else None,
        "redis": redis,
        "hosts": tuple(host) if host else None,
        "nfs": nfs,
    }
    plan = manifests.ClusterPlan(**{key: each for key, each in given.items() if each is not None})
    text = manifests.render(kind, plan)
    if out is None:
        print(text, end="")
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise storage_error(out, error) from error
    command = manifests.KINDS[kind].command.format(file=out)
    narration.print(f"Next: {command}", highlight=False)
