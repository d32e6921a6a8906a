"""The bundled sample data contains the rows that the tutorial needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sklearn import datasets

import handloom.session

BUNDLED = Path(handloom.session.__file__).parent / "data" / "diabetes"
_read: Any = pq.read_table
_load: Any = datasets.load_diabetes


def test_the_bundled_data_has_the_values_that_scikit_learn_ships_unscaled_in_its_order() -> None:
    table = _read(BUNDLED)
    shipped = _load(scaled=False)
    assert table.num_rows == 442
    for number, column in enumerate(["AGE", "SEX", "BMI", "BP", "S1", "S2", "S3", "S4", "S5", "S6"]):
        assert table[column].to_pylist() == shipped.data[:, number].tolist()
    assert table["Y"].to_pylist() == shipped.target.tolist()


def test_its_columns_have_the_order_and_types_of_the_public_data() -> None:
    schema = _read(BUNDLED).schema
    assert schema.names == ["AGE", "SEX", "BMI", "BP", "S1", "S2", "S3", "S4", "S5", "S6", "Y"]
    whole = {name for name in schema.names if str(schema.field(name).type) == "int64"}
    assert whole == {"AGE", "SEX", "S1", "S6", "Y"}
    assert {str(schema.field(name).type) for name in schema.names if name not in whole} == {"double"}


def test_its_first_row_is_the_one_that_every_tutorial_shows() -> None:
    row = list(_read(BUNDLED).slice(0, 1).to_pylist()[0].values())
    assert row == [59, 2, 32.1, 101.0, 157, 93.2, 38.0, 4.0, 4.8598, 87, 151]
