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
from dosefront.records.ledger import DamagedLine, Ledger, LedgerContents
from dosefront.records.outcome import Outcome
from dosefront.records.record import ComparatorRecord, JudgedPolicy, TrialRecord
from dosefront.records.storage import storage_error, write_atomically
from dosefront.records.trial import TrialSpec

__all__ = [
    "ComparatorPoint",
    "ComparatorRecord",
    "DamagedLine",
    "FailedTrial",
    "FrontPoint",
    "FrontSummary",
    "JudgedPolicy",
    "Ledger",
    "LedgerContents",
    "Outcome",
    "RunFolder",
    "TrialRecord",
    "TrialSpec",
    "figures",
    "front_rows",
    "read_front",
    "storage_error",
    "summarise",
    "write_atomically",
    "write_front",
]
