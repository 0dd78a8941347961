"""Policies and what they do to cohorts of patients; no Ray, no torch."""

from dosefront.evaluate.archive import Archive
from dosefront.evaluate.checkpoint import policy_bytes, read_policy
from dosefront.evaluate.cohorts import HELD_OUT, SELECT, TRAIN, cohort_options
from dosefront.evaluate.comparators import (
    ComparatorResults,
    evaluate_comparators,
    offered_comparators,
    paired_differences,
)
from dosefront.evaluate.courses import CourseRecords, course_records
from dosefront.evaluate.objectives import chosen_objectives
from dosefront.evaluate.policy import Policy
from dosefront.evaluate.roll_out import roll_out
from dosefront.evaluate.run_courses import read_courses, run_courses
from dosefront.evaluate.subgroups import offered_subgroups
from dosefront.records import PatientResults
from posology.policies import ActionForm, NetworkPolicy, Situation, View, offers_masks

__all__ = [
    "HELD_OUT",
    "SELECT",
    "TRAIN",
    "ActionForm",
    "Archive",
    "ComparatorResults",
    "CourseRecords",
    "NetworkPolicy",
    "PatientResults",
    "Policy",
    "Situation",
    "View",
    "chosen_objectives",
    "cohort_options",
    "course_records",
    "evaluate_comparators",
    "offered_comparators",
    "offered_subgroups",
    "offers_masks",
    "paired_differences",
    "policy_bytes",
    "read_courses",
    "read_policy",
    "roll_out",
    "run_courses",
]
