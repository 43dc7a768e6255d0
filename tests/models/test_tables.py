"""Any table: what is a value, what is missing, which rows are left out and why."""

import gzip
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from marketplace.errors import InvalidInputError, MissingColumnsError
from models.table_times import TimeStyle, parse_times
from models.tables import Column, Kind, encode, read_table

CUSTOMER, AT = Column("customer", "who", Kind.ID), Column("time", "at", Kind.TIME)
AMOUNT = Column("amount", "paid", Kind.NUMBER, above=0)


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if not name.endswith(".gz") else gzip.compress(text.encode()))
    return path


def test_na_is_a_value_and_an_empty_cell_is_missing(tmp_path: Path) -> None:
    table = read_table(
        [written(tmp_path, 'who,at\nNA,2026-01-01\n,2026-01-02\n"",2026-01-03\nnull,2026-01-04\n')], [CUSTOMER, AT]
    )
    assert table.frame["customer"].cast(pl.String).to_list() == ["NA", "null"]
    assert (table.rows, table.rejected) == (4, 2)
    assert table.reasons == {"customer (who) is empty": 2}
    assert "data row 2" in table.examples["customer (who) is empty"]


def test_each_bad_row_counts_once_under_its_first_reason(tmp_path: Path) -> None:
    rows = (
        "a,2026-01-01,3",
        "b,yesterday,3",
        "c,2026-01-01,-3",
        "d,2026-01-01,nan",
        ",never,0",
        "e,2026-01-01",
        "f,2026-01-01,1,1",
    )
    table = read_table([written(tmp_path, "\n".join(["who,at,paid", *rows, ""]))], [CUSTOMER, AT, AMOUNT])
    assert table.frame.height == 1
    assert table.rows == 7
    assert table.reasons == {
        "customer (who) is empty": 1,
        "time (at) is no time that can be read": 1,
        "amount (paid) is not above 0": 1,
        "amount (paid) is no number": 1,
        "another number of fields than the header": 2,
    }
    assert "'yesterday'" in table.examples["time (at) is no time that can be read"]


def test_a_quote_that_never_closes_costs_its_own_row_only(tmp_path: Path) -> None:
    table = read_table([written(tmp_path, 'who,at\na,2026-01-01\n"b,2026-01-02\nc,2026-01-03\nd,2026-01-04\n')], [CUSTOMER, AT])
    assert table.frame["customer"].cast(pl.String).to_list() == ["a", "c", "d"]
    assert (table.rows, table.rejected) == (4, 1)


def test_parts_may_be_plain_packed_and_parquet(tmp_path: Path) -> None:
    plain = written(tmp_path, "at;who\n2026-01-01;a\n", "one.csv")
    packed = written(tmp_path, "\ufeffwho,at,more\nb,2026-01-02,x\n", "two.csv.gz")
    frame = pl.DataFrame({"who": [7.0, None, 9.0], "at": [date(2026, 1, 3), date(2026, 1, 4), None]})
    frame.write_parquet(tmp_path / "three.parquet")
    (tmp_path / "four.parquet.gz").write_bytes(gzip.compress((tmp_path / "three.parquet").read_bytes()))
    parts = [plain, packed, tmp_path / "three.parquet", tmp_path / "four.parquet.gz"]
    table = read_table(parts, [CUSTOMER, AT])
    assert table.frame["customer"].cast(pl.String).to_list() == ["a", "b", "7", "7"]
    assert table.frame["time"].to_list() == [datetime(2026, 1, day) for day in (1, 2, 3, 3)]
    assert table.rejected == 4


def test_text_that_is_not_utf8_is_left_out_with_that_reason(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"who,at\n\xff\xfe,2026-01-01\nb,2026-01-01\n")
    table = read_table([tmp_path / "table.csv"], [CUSTOMER, AT])
    assert table.reasons == {"customer (who) is not UTF-8": 1}


def test_an_empty_optional_cell_is_a_null_and_a_wrong_one_still_a_reason(tmp_path: Path) -> None:
    optional = [Column("text", "said", Kind.TEXT, is_optional=True), Column("paid", "paid", Kind.NUMBER, is_optional=True)]
    table = read_table([written(tmp_path, "who,said,paid\na,,\nb,NA,1\nc,x,much\n")], [CUSTOMER, *optional])
    assert table.frame.select("text", "paid").rows() == [(None, None), ("NA", 1.0)]
    assert table.reasons == {"paid (paid) is no number": 1}


def test_lists_come_as_json_as_words_and_as_parquet_lists(tmp_path: Path) -> None:
    column = Column("sequence", "items", Kind.TEXTS)
    text = 'items\n1 2 NA\n"[3, 4]"\n"[""a"", ""b""]"\n""\n[]\n'
    table = read_table([written(tmp_path, text)], [column])
    assert table.frame["sequence"].to_list() == [["1", "2", "NA"], ["3", "4"], ["a", "b"]]
    assert table.rejected == 2
    pl.DataFrame({"items": [[1, 2], [], None]}).write_parquet(tmp_path / "lists.parquet")
    assert read_table([tmp_path / "lists.parquet"], [column]).frame["sequence"].to_list() == [["1", "2"]]


def test_flags_are_read_and_others_left_out(tmp_path: Path) -> None:
    table = read_table([written(tmp_path, "bad\n1\n0\nTrue\nno\n2\n")], [Column("label", "bad", Kind.FLAG)])
    assert table.frame["label"].to_list() == [True, False, True, False]
    assert table.reasons == {"label (bad) is neither 0 nor 1": 1}


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnsError, match=r"lacks the column 'who' \(customer\); it has whom, at"):
        read_table([written(tmp_path, "whom,at\na,2026-01-01\n")], [CUSTOMER, AT])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("who,at\n", "no rows below the header"),
        ("who,at\na,foo\nb,bar\n", r"none of 2 rows can be used: 2 × time \(at\) is no time .* 'foo'"),
    ],
)
def test_a_table_without_a_good_row_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        read_table([written(tmp_path, text)], [CUSTOMER, AT])


def test_a_missing_and_a_broken_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"absent.csv: no such file"):
        read_table([tmp_path / "absent.csv"], [CUSTOMER])
    whole = gzip.compress(b"who,at\n" + b"a,2026-01-01\n" * 1000)
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInputError, match=r"cut.csv.gz cannot be read"):
        read_table([tmp_path / "cut.csv.gz"], [CUSTOMER])


@pytest.mark.parametrize(
    "text",
    ["2026-03-04 15:06:07", "2026-03-04T15:06:07Z", "2026-03-04T16:06:07+01:00", "2026/3/4 15:06:07", "2026-03-04 03:06:07 PM"],
)
def test_years_first_in_every_dress(text: str) -> None:
    assert parse_times(pl.Series([text]), TimeStyle.YEAR_FIRST).to_list() == [datetime(2026, 3, 4, 15, 6, 7)]


def test_times_out_of_this_age_are_no_times() -> None:
    assert parse_times(pl.Series(["0001-01-01", "9999-12-31", "2026-02-30", None]), TimeStyle.YEAR_FIRST).null_count() == 4


@pytest.mark.parametrize(
    ("cells", "second"),
    [
        (["1/2/2026 8:26", "1/13/2026 8:26"], datetime(2026, 1, 13, 8, 26)),  # the 13 can be no month
        (["1/2/26 8:26", "13/1/26 8:26"], datetime(2026, 1, 13, 8, 26)),
        (["1/2/2026", "1/3/2026"], datetime(2026, 1, 3)),  # slashes: months first
        (["1.2.2026", "1.3.2026"], datetime(2026, 3, 1)),  # dots: days first
        (["20260101", "20260102"], datetime(2026, 1, 2)),
        (["1767225600", "1767312000"], datetime(2026, 1, 2)),
        (["1767225600000", "1767312000000"], datetime(2026, 1, 2)),
    ],
)
def test_a_column_has_one_style_found_from_its_cells(tmp_path: Path, cells: list[str], second: datetime) -> None:
    table = read_table([written(tmp_path, "at\n" + "\n".join(cells) + "\n")], [AT])
    assert table.frame["time"].to_list()[1] == second


def test_codes_follow_the_texts_and_not_the_order_of_rows() -> None:
    ids, codes = encode(pl.Series(["b", "a", "NA", "b"]))
    assert ids.tolist() == ["NA", "a", "b"]
    assert codes.tolist() == [2, 1, 0, 2]


def test_blocks_are_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.table_files._BLOCK_BYTES", 64)
    text = "who,at\n" + "".join(f"c{row},2026-01-{row % 28 + 1:02}\n" for row in range(100)) + "bad,row\n"
    table = read_table([written(tmp_path, text)], [CUSTOMER, AT])
    assert table.frame["customer"].cast(pl.String).to_list() == [f"c{row}" for row in range(100)]
    assert table.examples == {"time (at) is no time that can be read": "table.csv, data row 101: 'row'"}
