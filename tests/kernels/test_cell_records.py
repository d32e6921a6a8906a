"""The records of a kernel's cells: the last of each, within bounds whatever the kernel sends."""

from __future__ import annotations

import json
from typing import Any

from handloom.kernels import cell_records
from handloom.kernels.cell_records import CellRecords


def sent(*records: Any) -> bytes:
    return json.dumps({"records": records}).encode()


def cells(records: CellRecords) -> list[str]:
    return [record["cell"] for record in records.content()["records"]]


def test_the_last_record_of_each_cell_is_kept_and_the_newest_is_last() -> None:
    records = CellRecords()
    records.add(sent({"cell": "a", "order": 1}, {"cell": "b", "order": 2}))
    records.add(sent({"cell": "a", "order": 3}))
    assert records.content() == {"reset": True, "records": [{"cell": "b", "order": 2}, {"cell": "a", "order": 3}]}
    records.clear()
    assert cells(records) == []


def test_a_kernel_cannot_fill_the_memory_of_the_process_that_all_kernels_share() -> None:
    records = CellRecords()
    for number in range(cell_records.MOST + 10):
        records.add(sent({"cell": f"{number}"}))
    assert len(cells(records)) == cell_records.MOST
    assert cells(records)[0] == "10"
    large = "x" * (cell_records.MOST_BYTES // 4)
    for number in range(6):
        records.add(sent({"cell": f"large {number}", "source": large}))
    assert cells(records) == [f"large {number}" for number in range(3, 6)]
    records.add(sent({"cell": "too large", "source": large * 5}))
    assert "too large" not in cells(records)


def test_what_is_no_record_is_left_out() -> None:
    records = CellRecords()
    for content in (
        b"[1]",
        b'"text"',
        b"{}",
        b'{"records": 0}',
        sent(1, "b", {}, {"cell": 1}),
        b'{"records": {"a": 1}}',
    ):
        records.add(content)
    assert cells(records) == []
