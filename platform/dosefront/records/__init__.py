"""The nouns that travel between rooms and are stored: specs, records, the ledger, the front."""

from dosefront.records.folder import RunFolder
from dosefront.records.front_file import front_csv, read_front, write_front
from dosefront.records.front_rows import figures, front_rows
from dosefront.records.front_statistics import (
    front_among,
    seed_fronts,
    select_values_of,
    values_of,
)
from dosefront.records.front_summary import (
    AlgorithmHypervolume,
    AttainmentSurface,
    ComparatorPoint,
    FailedTrial,
    FrontGrowth,
    FrontPoint,
    FrontSummary,
    SeedHypervolume,
)
from dosefront.records.held_out import returns_of, with_intervals
from dosefront.records.ledger import DamagedLine, Ledger, LedgerContents, LedgerRecord
from dosefront.records.lock import is_locked, locked
from dosefront.records.outcome import Outcome
from dosefront.records.patient_results import (
    PatientResults,
    read_results,
    read_returns,
    read_subgroups,
    subgroups_bytes,
)
from dosefront.records.record import BegunRecord, ComparatorRecord, JudgedPolicy, TrialRecord
from dosefront.records.run_status import RunningTrial, RunStatus, read_status, write_status
from dosefront.records.storage import npz_bytes, parse_json, storage_error, write_atomically
from dosefront.records.summarise import summarise
from dosefront.records.trial import TrialSpec

__all__ = [
    "AlgorithmHypervolume",
    "AttainmentSurface",
    "BegunRecord",
    "ComparatorPoint",
    "ComparatorRecord",
    "DamagedLine",
    "FailedTrial",
    "FrontGrowth",
    "FrontPoint",
    "FrontSummary",
    "JudgedPolicy",
    "Ledger",
    "LedgerContents",
    "LedgerRecord",
    "Outcome",
    "PatientResults",
    "RunFolder",
    "RunStatus",
    "RunningTrial",
    "SeedHypervolume",
    "TrialRecord",
    "TrialSpec",
    "figures",
    "front_among",
    "front_csv",
    "front_rows",
    "is_locked",
    "locked",
    "npz_bytes",
    "parse_json",
    "read_front",
    "read_results",
    "read_returns",
    "read_status",
    "read_subgroups",
    "returns_of",
    "seed_fronts",
    "select_values_of",
    "storage_error",
    "subgroups_bytes",
    "summarise",
    "values_of",
    "with_intervals",
    "write_atomically",
    "write_front",
    "write_status",
]
