"""Commands that bring a run to Weights & Biases."""

import json

from dosefront.cli.arguments import AsJson, Run, data, narration
from dosefront.records import RunFolder


def sync(run: Run, as_json: AsJson = False) -> None:
    """Upload what a sweep logged offline to Weights & Biases; from any machine, once.

    Exits with 5 when there is no account or the server cannot be reached.
    """
    from dosefront.track.wandb_sync import sync_run

    synced = sync_run(RunFolder(run))
    if as_json:
        print(json.dumps({"uploaded": synced.uploaded, "uploaded_before": synced.before}))
    else:
        data.print(
            f"{len(synced.uploaded)} W&B runs uploaded, {len(synced.before)} were before",
            highlight=False,
        )
    narration.print(f"Next: dosefront publish {run}", highlight=False)


def publish(run: Run, as_json: AsJson = False) -> None:
    """Make the front's chart, a workspace and a report of a run at Weights & Biases.

    A second time it renews them. Exits with 5 when there is no account or the server cannot be
    reached.
    """
    from dosefront.track.wandb_publish import publish_run
    from dosefront.track.wandb_sync import unsynced

    folder = RunFolder(run)
    published = publish_run(folder)
    if as_json:
        print(json.dumps(published.to_mapping(), indent=2))
    else:
        data.print(f"chart      {published.chart}", highlight=False)
        data.print(f"workspace  {published.workspace_url}", highlight=False)
        data.print(f"report     {published.report_url}", highlight=False)
    if left := unsynced(folder):
        narration.print(
            f"{len(left)} of its W&B runs are not uploaded yet. Next: dosefront sync {run}",
            highlight=False,
        )
    else:
        narration.print(f"Next: open {published.report_url}", highlight=False)
