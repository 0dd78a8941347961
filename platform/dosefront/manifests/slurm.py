"""Slurm: a batch script that starts Ray on the allocation's nodes, runs one sweep and ends Ray."""

from dosefront.manifests.plan import ClusterPlan


def batch_script(plan: ClusterPlan) -> str:
    """The script; its exit status is the sweep's."""
    gpus = f"#SBATCH --gpus-per-node={plan.gpus}\n" if plan.gpus else ""
    return f"""\
#!/bin/bash
# One sweep on whole Slurm nodes: Ray starts on every node, the sweep runs on the first, Ray stops.
# sbatch sweep.sbatch EXPERIMENT.yaml RUN_ID
# Rendered by `dosefront cluster render --kind slurm`. A run that has begun goes on from its ledger.
#SBATCH --job-name={plan.name}
#SBATCH --nodes={plan.workers}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={plan.cpus}
#SBATCH --mem={plan.memory_gib}G
{gpus}\
#SBATCH --exclusive
#SBATCH --requeue
#SBATCH --time=08:00:00
# --exclusive matters: when the sweep ends, symmetric-run ends every Ray on its nodes.

set -euo pipefail
experiment=$1
run_id=$2
run=$SLURM_SUBMIT_DIR/runs/$run_id

# Activate here the environment that has dosefront[cluster], on a file system that all nodes see.

# A token of this job's own; no file holds it.
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \\n')
export RAY_AUTH_TOKEN RAY_AUTH_MODE=token RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300
export OMP_NUM_THREADS=1

sweep=(dosefront sweep "$experiment" --out "$SLURM_SUBMIT_DIR/runs" --run-id "$run_id")
if [[ -e $run/experiment.yaml ]]; then
  sweep=(dosefront resume "$run")
fi

mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
srun ray symmetric-run --address "${{nodes[0]}}:6379" --min-nodes "$SLURM_JOB_NUM_NODES" \\
  --num-cpus "$SLURM_CPUS_PER_TASK" --num-gpus {plan.gpus} --disable-usage-stats \\
  -- "${{sweep[@]}}" --address auto

# symmetric-run ends with 0 where Ray could not start, too: the front tells.
if [[ ! -s $run/front.json ]]; then
  echo "asked for the sweep $run_id; found no front in $run. See above why Ray did not start." >&2
  exit 1
fi
"""
