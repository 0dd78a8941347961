"""The nouns that travel between rooms and are stored: specs, records, the ledger, the front."""

from dosefront.records.folder import RunFolder
from dosefront.records.front_file import read_front, write_front
from dosefront.records.front_rows import figures, front_rows
from dosefront.records.front_summary import (
    ComparatorPoint,
    FailedTrial,
    FrontPoint,
    FrontSummary,
    summarise,
)
from dosefront.records.ledger import DamagedLine, Ledger, LedgerContents, LedgerRecord
from dosefront.records.lock import is_locked, locked
from dosefront.records.outcome import Outcome
from dosefront.records.patient_results import (
    PatientResults,
    read_results,
    read_subgroups,
    subgroups_bytes,
)
from dosefront.records.record import BegunRecord, ComparatorRecord, JudgedPolicy, TrialRecord
from dosefront.records.run_status import RunningTrial, RunStatus, read_status, write_status
from dosefront.records.storage import parse_json, storage_error, write_atomically
from dosefront.records.trial import TrialSpec

__all__ = [
    "BegunRecord",
    "ComparatorPoint",
    "ComparatorRecord",
    "DamagedLine",
    "FailedTrial",
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
    "TrialRecord",
    "TrialSpec",
    "figures",
    "front_rows",
    "is_locked",
    "locked",
    "parse_json",
    "read_front",
    "read_results",
    "read_status",
    "read_subgroups",
    "storage_error",
    "subgroups_bytes",
    "summarise",
    "write_atomically",
    "write_front",
    "write_status",
]
