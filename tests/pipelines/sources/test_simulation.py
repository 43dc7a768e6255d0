from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from marketplace.errors import InvalidInputError, NotFoundError
from marketplace.settings import DatabaseSettings, Settings
from marketplace.simulation import Summary, generate
from pipelines.sources import ingest
from pipelines.sources.simulation import read_simulation
from tests.pipelines.sources.conftest import WRITTEN_BY_THE_SHOP, shop_checksums

UNTIL = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return generate(150, 40, 5, UNTIL, tmp_path_factory.mktemp("simulation"))


def settings_for(database_url: str, state_dir: Path) -> Settings:
    return Settings(database=DatabaseSettings(url=database_url), state_dir=state_dir)  # type: ignore[arg-type]


def test_every_simulated_row_is_loaded_and_twice_changes_nothing(database_url: str, simulation: Summary, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    report = ingest("simulation", simulation.folder, settings)
    assert report.reasons == {}
    assert {name: table.inserted for name, table in report.tables.items()} == {
        name: rows for name, rows in simulation.rows.items() if not name.startswith("truth/")
    }
    before = shop_checksums(database_url)
    empty = {table for table, (count, _) in before.items() if count == 0}
    assert empty == WRITTEN_BY_THE_SHOP
    again = ingest("simulation", simulation.folder, settings)
    assert again.inserted == again.quarantined == 0
    assert shop_checksums(database_url) == before
    _assert_marketplace(database_url)
    _assert_demo_accounts(database_url)


def _assert_marketplace(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select source, currency, time_zone, is_simulated, data_until from shop.marketplace").fetchone()
        stock = connection.execute(
            """
            select count(*) from shop.stock as s
            where units_on_hand
                <> (select coalesce(sum(units_change), 0) from shop.stock_moves as m where m.product_id = s.product_id)
            """
        ).fetchone()
    assert row == ("simulation", "BDT", "Asia/Dhaka", True, UNTIL)
    assert stock == (0,)


def _assert_demo_accounts(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        accounts = connection.execute(
            "select email, role, password_hash, user_id from shop.users where is_demo_account order by email"
        ).fetchall()
        others = connection.execute("select count(*) from shop.users where password_hash is not null and not is_demo_account")
        assert others.fetchone() == (0,)
        orders = dict(connection.execute("select customer_id, count(*) from shop.orders group by 1").fetchall())
        best = connection.execute(
            """
            select s.user_id from shop.order_items i join shop.orders o using (order_id) join shop.sellers s using (seller_id)
            where o.status in ('approved', 'processing', 'shipped', 'delivered')
            group by 1 order by sum(i.total_minor) desc limit 1
            """
        ).fetchone()
    roles = {email: role for email, role, _, _ in accounts}
    assert roles == {
        "admin@demo.example": "admin", "analyst@demo.example": "analyst", "customer2@demo.example": "customer",
        "customer3@demo.example": "customer", "customer4@demo.example": "customer", "customer@demo.example": "customer",
        "newcomer@demo.example": "customer", "seller@demo.example": "seller",
    }  # fmt: skip
    assert len({password for _, _, password, _ in accounts}) == 1
    assert PasswordHash((Argon2Hasher(),)).verify("customise-you", accounts[0][2])
    people = {email: user_id for email, _, _, user_id in accounts}
    assert len(set(people.values())) == len(people)
    assert orders[people["customer@demo.example"]] >= 1
    assert people["newcomer@demo.example"] not in orders
    assert best == (people["seller@demo.example"],)


def test_simulation_without_path_is_made_in_the_state_folder(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sources.DEFAULT_CUSTOMERS", 60)
    monkeypatch.setattr("pipelines.sources.DEFAULT_DAYS", 20)
    report = ingest("simulation", None, settings_for(database_url, tmp_path), now=datetime(2026, 11, 20, 17, 5, tzinfo=UTC))
    assert report.facts.data_until == UNTIL
    assert (tmp_path / "simulation" / "simulation.json").exists()


def test_truth_is_never_read(simulation: Summary) -> None:
    tables, _ = read_simulation(simulation.folder)
    assert not [path for path in tables.values() if isinstance(path, Path) and "truth" in path.parts]


def test_folder_without_simulation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no simulation\.json .* `marketplace simulate"):
        read_simulation(tmp_path)


def test_unknown_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no source is called 'shopify'; there are simulation, olist, online-retail, csv"):
        ingest("shopify", tmp_path, Settings())
