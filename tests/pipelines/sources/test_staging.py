"""What the rules of a table need from the server."""

import psycopg
import pytest
from psycopg import sql

from pipelines.sources.staging import input_check

VALUES = [
    ("jsonb", '{"a": [1, "বাংলা"]}', True),
    ("jsonb", "{'a': 1}", False),
    ("jsonb", '"\\u0000"', False),
    ("inet", "10.0.0.1/8", True),
    ("inet", "10.0.0.256", False),
    ("cidr", "10.0.0.0/8", True),
    ("cidr", "10.0.0.1/8", False),
]


@pytest.mark.parametrize(("kind", "value", "expected"), VALUES)
@pytest.mark.parametrize("server_version", [150_018, 180_000])
def test_servers_without_an_input_check_of_their_own_judge_alike(
    database_url: str, server_version: int, kind: str, value: str, expected: bool
) -> None:
    with psycopg.connect(database_url) as connection:
        function = input_check(connection, server_version)
        found = connection.execute(sql.SQL("select {}(%s::text, %s)").format(function), [value, kind]).fetchone()
    assert found == (expected,)
