"""The one door to a Ray cluster's Jobs API: submit an experiment, ask after it, read it, stop it.

`prepare` says what would be sent and needs no cluster; `submit` sends it. The cluster must run
the Ray version that dosefront needs and have dosefront's dependencies installed, which is checked
first; dosefront and posology themselves travel with every job, as a wheel.
"""

from dosefront.jobs.job import (
    JobStatus,
    SubmittedJob,
    job_logs,
    job_status,
    stop_job,
    submit,
)
from dosefront.jobs.submission import Submission, prepare

__all__ = [
    "JobStatus",
    "Submission",
    "SubmittedJob",
    "job_logs",
    "job_status",
    "prepare",
    "stop_job",
    "submit",
]
