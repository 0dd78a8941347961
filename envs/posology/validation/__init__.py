"""How far an environment can be trusted: its audit, and its models against published trials."""

from posology.validation.arms import (
    ENDPOINTS,
    ArmResult,
    emulate,
    emulate_regimen,
    planned_arm,
)
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
from posology.validation.compare import (
    OVERALL,
    TITLES,
    TOLERANCES,
    Agreement,
    Cell,
    agreements,
    compare,
    unit_of,
)
from posology.validation.intervals import Estimate

__all__ = [
    "ENDPOINTS",
    "OVERALL",
    "TITLES",
    "TOLERANCES",
    "VERDICTS",
    "Agreement",
    "ArmResult",
    "AuditReport",
    "AuditedObjective",
    "Cell",
    "Check",
    "Estimate",
    "Interval",
    "Settings",
    "Subject",
    "SweepRow",
    "Verdict",
    "agreements",
    "audit_environment",
    "compare",
    "emulate",
    "emulate_regimen",
    "planned_arm",
    "unit_of",
]
