"""What do rings cost, a day and the whole history, how does that grow, and what does networkx take for one midnight?

`python -m benchmarks.rings [--base ATTEMPTS] [--times 1 3 10 30]`: shops with a year behind them, of 100,000 attempts a year and
multiples. Customers grow with attempts: two live behind each door, one in a hundred lends a card, one in fifty belongs to a gang
of four on one device, and some pay from a library. First everything is counted, then a day more; both with reading and writing,
in processor seconds of both sides. The peer takes the components of the last midnight alone, from a frame at hand, and must find
the same.
"""

import sys
from typing import Any

from benchmarks._growth import (
    Cost,
    cost_of,
    growth_exponent,
    in_a_process,
    machine,
    postmaster,
    sizes_asked,
    throw_away_postgres,
)

ATTEMPTS, DAYS = 100_000, 365
LARGEST_EXPONENT, LARGEST_MEMORY_MB = 1.1, 4000

# What restate_rings reads of the tables that dbt builds and logs, with dbt's indexes.
_TABLES = """
    create schema if not exists marts;
    create schema if not exists intermediate;
    create table intermediate.int_time_bounds as select timestamptz '2025-01-01Z' + interval '{days} days' as last_midnight_at;
    create table marts.fct_payment_attempts (payment_attempt_id text, customer_id text, device_id text, card_token text,
        shipping_address_hash text, attempted_at timestamptz);
    create unique index on marts.fct_payment_attempts (payment_attempt_id);
    create index on marts.fct_payment_attempts (attempted_at);
    create table intermediate.int_fraud_label_changes (payment_attempt_id text, known_date date, change integer);
    create index on intermediate.int_fraud_label_changes (payment_attempt_id);
    create table changes.fct_payment_attempts (like marts.fct_payment_attempts, changed_at timestamptz not null);
    create table changes.int_fraud_label_changes (like intermediate.int_fraud_label_changes, changed_at timestamptz not null);
    insert into changes.logs (table_name) values ('fct_payment_attempts'), ('int_fraud_label_changes');
"""
# Attempts of the days `since` to before `until`, logged as dbt does; an eighth of a year's attempts are its customers.
_ARRIVE = """
    with drawn as (
        select n, (random() * {customers})::integer as c, random() as place, random() as lent,
            timestamptz '2025-01-01Z' + ({since} + random() * ({until} - {since})) * interval '1 day' as attempted_at
        from generate_series(1, {count}) as n
    ),
    attempts as (
        insert into marts.fct_payment_attempts
        select 'p{since}-' || n, 'c' || c,
            case when place < .005 then 'library' || c / 1000 when c % 50 = 0 then 'gang' || c / 200 else 'd' || c end,
            'k' || case when c % 100 = 1 and lent < .2 then c + 1 else c end, 'h' || c / 2, attempted_at
        from drawn
        returning *
    ),
    labels as (
        insert into intermediate.int_fraud_label_changes
        select payment_attempt_id, (attempted_at at time zone 'UTC')::date + 20, 1 from attempts
        where device_id like 'gang%' and random() < .3
        returning *
    ),
    logged as (insert into changes.int_fraud_label_changes select *, clock_timestamp() from labels)
    insert into changes.fct_payment_attempts select *, clock_timestamp() from attempts;
    update changes.logs set changed_at = clock_timestamp();
"""
_LAST_WINDOW = """
    select customer_id, device_id, card_token, shipping_address_hash from marts.fct_payment_attempts
    where attempted_at >= (select last_midnight_at - interval '90 days' from intermediate.int_time_bounds)
"""
_NEWEST = """
    select distinct on (customer_id) customer_id, ring_customer_count_90d from features.customer_rings
    order by customer_id, event_timestamp desc
"""


def main() -> int:
    sizes, wholes, days, peaks = sizes_asked(ATTEMPTS), [], [], []
    print(machine())
    print(f"{'attempts/year':>13} {'whole cpu s':>12} {'a day cpu s':>12} {'networkx cpu s':>15} {'peak MB':>8}")
    with throw_away_postgres() as server:
        for count in sizes:
            database = f"rings_{count}"
            server.create_databases((database,))
            url = server.url(database)
            in_a_process(fill, url, count)
            whole, peak = in_a_process(restate, url, postmaster(server))
            in_a_process(add_a_day, url, count)
            day, _ = in_a_process(restate, url, postmaster(server))
            peer, _ = in_a_process(by_networkx, url)
            wholes.append(whole.cpu)
            days.append(day.cpu)
            peaks.append(peak)
            print(f"{count:>13,} {whole.cpu:>12.2f} {day.cpu:>12.2f} {peer.cpu:>15.2f} {peak:>8,.0f}", flush=True)
    if len(sizes) < 2:
        return 0
    exponents = growth_exponent(sizes, wholes), growth_exponent(sizes, days)
    good = max(exponents) <= LARGEST_EXPONENT and max(peaks) <= LARGEST_MEMORY_MB
    print(f"growth exponent of the whole {exponents[0]:.2f}, of a day {exponents[1]:.2f} (bar {LARGEST_EXPONENT}), "
          f"peak {max(peaks):,.0f} MB (bar {LARGEST_MEMORY_MB:,}): {'holds' if good else 'DOES NOT HOLD'}")  # fmt: skip
    return 0 if good else 1


def fill(database_url: str, count: int) -> None:
    """A year of attempts in tables as dbt leaves them; nothing of rings has been counted."""
    from storefront_api.migrations import migrate

    migrate(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    arrivals = _ARRIVE.format(since=0, until=DAYS, count=count, customers=count // 8)
    _run(database_url, f"select setseed(.5); {_TABLES.format(days=DAYS)} {arrivals}")


def add_a_day(database_url: str, count: int) -> None:
    """One day more, with its share of the attempts."""
    arrivals = _ARRIVE.format(since=DAYS, until=DAYS + 1, count=count // DAYS, customers=count // 8)
    midnight = "update intermediate.int_time_bounds set last_midnight_at = last_midnight_at + interval '1 day'"
    _run(database_url, f"select setseed(.6); {arrivals} {midnight}")


def restate(database_url: str, server: int) -> Cost:
    """Rings brought up to date."""
    import scipy.sparse.csgraph  # noqa: F401  a run of the pipeline imports once

    from marketplace.warehouse import Warehouse
    from pipelines.ring_history import restate_rings

    warehouse = Warehouse(database_url)
    warehouse.read("select 1 as one")
    written: dict[str, int] = {}
    cost = cost_of(lambda: written.update(restate_rings(warehouse)), server=server)
    assert min(written.values()) > 0, written
    return cost


def by_networkx(database_url: str) -> Cost:
    """The customers of every ring at the last midnight, by networkx from a frame; the tables must say the same."""
    import networkx as nx

    from marketplace.warehouse import Warehouse
    from models.fraud.rings import IDENTIFIERS, MOST_CUSTOMERS

    attempts, found = Warehouse(database_url).read(_LAST_WINDOW), dict[str, int]()

    def count() -> None:
        graph: Any = nx.Graph()
        customers = set(attempts["customer_id"])
        graph.add_nodes_from(customers)
        for kind in IDENTIFIERS:
            links = attempts[["customer_id", kind]].dropna().drop_duplicates()
            few = links.groupby(kind)["customer_id"].transform("size") <= MOST_CUSTOMERS
            graph.add_edges_from((customer, (kind, value)) for customer, value in links[few].itertuples(index=False))
        for ring in nx.connected_components(graph):
            members = ring & customers
            found.update(dict.fromkeys(members, len(members)))

    cost = cost_of(count)
    newest = Warehouse(database_url).read(_NEWEST).set_index("customer_id")["ring_customer_count_90d"]
    assert newest[newest > 0].to_dict() == found
    return cost


def _run(database_url: str, statements: str) -> None:
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(statements.encode())
        connection.execute(b"vacuum analyze")


if __name__ == "__main__":
    sys.exit(main())
