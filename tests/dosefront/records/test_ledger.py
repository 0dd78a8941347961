import dataclasses
import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosefront.errors import LedgerError, StorageError
from dosefront.records import Ledger


@pytest.fixture
def ledger(tmp_path, trial_records, comparator_records):
    """A ledger of ten trials and five comparators."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for record in (*trial_records, *comparator_records):
        ledger.append(record)
    return ledger


def damage(path, line, content):
    """Replace a line, counted from 1."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = content
    path.write_bytes(b"".join(lines))


def test_what_was_appended_is_read_in_order(ledger, trial_records, comparator_records):
    contents = ledger.read()
    assert contents.trials == trial_records
    assert contents.comparators == comparator_records
    assert contents.damaged == ()


def test_a_record_is_on_disk_when_its_append_returns(tmp_path, trial_records, monkeypatch):
    """Every write is followed by a sync of its file, and the first by one of the folder's names."""
    path, events, write, sync = tmp_path / "ledger.jsonl", [], os.write, os.fsync

    def noted_write(handle, content):
        events.append("write")
        return write(handle, content)

    def noted_sync(handle):
        sync(handle)
        events.append(os.readlink(f"/proc/self/fd/{handle}"))

    monkeypatch.setattr(os, "write", noted_write)
    monkeypatch.setattr(os, "fsync", noted_sync)
    for record in trial_records[:2]:
        Ledger(path).append(record)
    assert events == ["write", str(path), str(tmp_path), "write", str(path)]


def test_a_ledger_that_does_not_exist_yet_is_empty(tmp_path):
    contents = Ledger(tmp_path / "ledger.jsonl").read()
    assert (contents.trials, contents.comparators, contents.damaged) == ((), (), ())


def test_each_record_is_one_line_that_names_its_kind_and_trial(ledger, trial_records):
    first = ledger.path.read_text().splitlines()[0]
    assert first.startswith(f'{{"kind": "trial", "trial_id": "{trial_records[0].spec.trial_id}"')


def test_the_newest_record_of_a_trial_wins(ledger, trial_records):
    newer = dataclasses.replace(trial_records[0], wall_seconds=1.0)
    ledger.append(newer)
    assert ledger.read().trials == (newer, *trial_records[1:])


def test_duplicate_lines_are_harmless(ledger):
    before = ledger.read()
    ledger.path.write_bytes(ledger.path.read_bytes() * 2)
    assert ledger.read() == before


@given(cut=st.integers(min_value=1))
def test_a_write_cut_short_anywhere_costs_that_record_alone(tmp_path_factory, trial_records, cut):
    ledger = Ledger(tmp_path_factory.mktemp("run") / "ledger.jsonl")
    ledger.append(trial_records[0])
    first = ledger.path.stat().st_size
    ledger.append(trial_records[1])
    second = ledger.path.stat().st_size - first
    os.truncate(ledger.path, first + cut % (second - 1))
    ledger.append(trial_records[2])
    contents = ledger.read()
    assert contents.trials == (trial_records[0], trial_records[2])
    assert len(contents.damaged) == (cut % (second - 1) > 0)


def test_a_truncated_last_line_is_recoverable(ledger, trial_records):
    os.truncate(ledger.path, ledger.path.stat().st_size - 40)
    (damaged,) = ledger.read().damaged
    assert (damaged.line, damaged.recoverable) == (15, True)
    assert ledger.read().trials == trial_records


def test_a_last_line_that_lacks_only_its_newline_counts(ledger, comparator_records):
    os.truncate(ledger.path, ledger.path.stat().st_size - 1)
    assert ledger.read().comparators == comparator_records
    ledger.append(comparator_records[0])
    assert ledger.read().damaged == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\x00\x00\n", "JSONDecodeError"),
        (b"\xff\xfe\n", "UnicodeDecodeError"),
        (b"[1, 2]\n", "TypeError"),
        (b'{"kind": "planet"}\n', "KeyError: 'planet'"),
        (b'{"kind": "trial"}\n', "KeyError: 'trial_id'"),
        (b'{"kind": "trial", "steps": NaN}\n', "NaN is not a number"),
    ],
)
def test_a_corrupt_middle_line_is_reported_and_costs_nothing_else(
    ledger, trial_records, content, reason
):
    damage(ledger.path, 3, content)
    contents = ledger.read()
    (damaged,) = contents.damaged
    assert (damaged.line, damaged.recoverable) == (3, False)
    assert reason in damaged.reason
    assert contents.trials == trial_records[:2] + trial_records[3:]


def test_damaged_lines_are_set_aside_and_nothing_good_is_lost(ledger):
    damage(ledger.path, 3, b"oops\n")
    damage(ledger.path, 12, b"oops again\n")
    before = ledger.read()
    assert ledger.set_aside_damaged() == 2
    after = ledger.read()
    assert after == dataclasses.replace(before, damaged=())
    aside = ledger.path.with_name("ledger.damaged.jsonl")
    assert aside.read_text() == "oops\noops again\n"
    damage(ledger.path, 1, b"later\n")
    assert ledger.set_aside_damaged() == 1
    assert aside.read_text() == "oops\noops again\nlater\n"
    assert ledger.set_aside_damaged() == 0


def test_a_crash_while_setting_aside_leaves_the_ledger_as_it_was(ledger, monkeypatch):
    damage(ledger.path, 3, b"oops\n")
    before = ledger.path.read_bytes()

    def refuse(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageError):
        ledger.set_aside_damaged()
    assert ledger.path.read_bytes() == before
    assert [path.name for path in ledger.path.parent.iterdir()] == ["ledger.jsonl"]


def test_a_full_disk_says_to_free_space(trial_records):
    with pytest.raises(StorageError, match=r"No space left on device\. Free disk space"):
        Ledger(Path("/dev/full")).append(trial_records[0])


def test_a_disk_that_fills_up_midway_leaves_no_half_line(ledger, trial_records, monkeypatch):
    before = ledger.path.read_bytes()
    write = os.write

    def fill_up(handle, content):
        if len(content) <= 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, content[:100])

    monkeypatch.setattr(os, "write", fill_up)
    with pytest.raises(StorageError, match="Free disk space"):
        ledger.append(trial_records[0])
    assert ledger.path.read_bytes() == before


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_that_may_not_be_written_says_to_choose_another(
    ledger, trial_records, monkeypatch, code
):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageError, match=rf"{os.strerror(code)}\..*hoose another"):
        ledger.append(trial_records[0])


def test_a_ledger_that_may_not_be_read_is_an_error_not_empty(tmp_path):
    with pytest.raises(LedgerError, match="cannot read"):
        Ledger(tmp_path).read()
