"""How far an environment can be trusted: its audit."""

from posology.validation.audit import audit_environment
from posology.validation.audit_episodes import Settings
from posology.validation.audit_report import (
    VERDICTS,
    AuditedObjective,
    AuditReport,
    Check,
    Interval,
    SweepRow,
    Verdict,
)
from posology.validation.audit_subject import Subject

__all__ = [
    "VERDICTS",
    "AuditReport",
    "AuditedObjective",
    "Check",
    "Interval",
    "Settings",
    "Subject",
    "SweepRow",
    "Verdict",
    "audit_environment",
]
