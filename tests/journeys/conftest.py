"""A small simulated shop with its warehouse, a running storefront without model services, and a headless Chromium."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from psycopg.rows import dict_row

from marketplace import simulation
from marketplace.local.ports import free_port
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.warehouse import Warehouse
from pipelines.raw_copy import copy_to_raw
from pipelines.ring_history import restate_rings
from pipelines.sources import ingest
from storefront_api.main import create_app
from tests.journeys.seller_recounts import orders_by_seller
from tests.review_history import write_review_history
from tests.storefront_api.conftest import shop_settings
from tests.warehouse.building import dbt, failures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CUSTOMERS, DAYS, SEED = 300, 60, 5
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
PASSWORD = "customise-you"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# A machine of CI has no display, no driver and no business with the network.
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def filled_shop(postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a database with a simulated shop, the marts and features that were made of it, and a past of the fraud desk."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database journeys template {migrated_template}".encode())
    url = postgres.url("journeys")
    files = tmp_path_factory.mktemp("simulation")
    simulation.generate(CUSTOMERS, DAYS, SEED, UNTIL, files)
    ingest("simulation", files, shop_settings(url))
    with psycopg.connect(url, autocommit=True) as connection:
        write_review_history(connection)
    copy_to_raw(url)
    result = dbt(url, "run")
    assert result.success, failures(result)
    restate_rings(Warehouse(url))
    _forecast(url)
    _read_reviews(url)
    _outlook(url)
    return url


def _read_reviews(url: str) -> None:
    """Store tones and themes of the reviews as the pipeline does, by the model itself."""
    from marketplace.review_words import HAS_WORDS, TEXT
    from models import review_sentiment

    warehouse = Warehouse(url)
    training_set = review_sentiment.load_training_set(warehouse, until=UNTIL)
    model = review_sentiment.train(training_set, review_sentiment.ReviewSentimentConfig())
    reviews = warehouse.read(
        f"select review_id, seller_id, customer_id, rating, {TEXT} as text, reviewed_at from marts.fct_reviews where {HAS_WORDS}"
    )
    for table, read in (("review_tones", review_sentiment.tone_frame), ("review_themes", review_sentiment.theme_frame)):
        warehouse.write(read(model, reviews).assign(model_version="1", computed_at=UNTIL), "predictions", table)


def _forecast(url: str) -> None:
    """Store forecasts as the pipeline does, by the model itself."""
    from models import seller_analytics

    warehouse = Warehouse(url)
    training_set = seller_analytics.load_training_set(warehouse, until=UNTIL)
    model = seller_analytics.train(training_set, seller_analytics.SellerAnalyticsConfig())
    sellers = warehouse.read("select seller_id from marts.dim_sellers")["seller_id"].tolist()
    frame = seller_analytics.forecast_frame(model, sellers)
    made_by = {"model_name": "seller_analytics", "model_version": "1", "computed_at": UNTIL}
    warehouse.write(frame.assign(**made_by), "predictions", "seller_forecasts")
    listed = warehouse.read("select product_id, seller_id from marts.dim_products where is_active")
    products = seller_analytics.product_frame(model.products, training_set, listed)
    warehouse.write(products.assign(**made_by), "predictions", "product_forecasts")


def _outlook(url: str) -> None:
    """Store outlooks as the pipeline does; the shop is young, so they look a fortnight ahead on half the usual history."""
    from models import outlook

    warehouse = Warehouse(url)
    days = outlook.load_training_set(warehouse, until=UNTIL)
    model = outlook.train(days, outlook.OutlookConfig(horizon_steps=(14,), horizons_of_history=2))
    said_by = {"model_name": "outlook", "model_version": "1", "computed_at": UNTIL}
    customers, sellers = outlook.customer_frame(model, days), outlook.seller_frame(model, days)
    warehouse.write(customers.assign(**said_by), "predictions", "customer_outlooks")
    warehouse.write(sellers.assign(**said_by), "predictions", "seller_outlooks")
    totals = outlook.total_frame(model, customers, sellers)
    warehouse.write(totals.assign(**said_by), "predictions", "outlook_totals")
    warehouse.write(outlook.decile_frame(model).assign(**said_by), "predictions", "outlook_deciles")


@pytest.fixture
def rows(filled_shop: str) -> Iterator[Any]:
    """A function from a query and its parameters to rows of the shop's database."""
    with psycopg.connect(filled_shop, autocommit=True, row_factory=dict_row) as connection:
        yield lambda query, *parameters: connection.execute(query, parameters or None).fetchall()


@contextmanager
def listening(app: FastAPI, *, first_port: int) -> Iterator[str]:
    """Where the application answers, in a thread, until the end."""
    port = free_port(first_port)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the storefront did not start within 20 s"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def address(filled_shop: str) -> Iterator[str]:
    """Where the storefront of the filled shop answers."""
    with listening(create_app(shop_settings(filled_shop)), first_port=8931) as where:
        yield where


@pytest.fixture(scope="package")
def chromium() -> Iterator["Browser"]:
    """The system's Chromium without a window."""
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("needs a browser: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS, headless=True)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A person at a browser of their own; whatever the browser complains about is kept in `complaints`."""

    context: "BrowserContext"
    address: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({self.page.url})")

    def open(self, path: str) -> "Page":
        """The page at this path, loaded."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def sign_in(self, name: str) -> None:
        """Sign in through the form as one of the demo accounts."""
        page = self.open("/sign-in")
        page.fill("#email", f"{name}@demo.example")
        page.fill("#password", PASSWORD)
        page.click("form[action='/sign-in'] button")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    def press(self, name: str) -> None:
        """Click the button or link of this name and wait for the next page."""
        self.page.locator(f"main >> role=button[name=/{name}/] >> visible=true").first.click()
        self.page.wait_for_load_state("networkidle")


@pytest.fixture
def visit(chromium: "Browser", address: str) -> Iterator[Any]:
    """A function that seats a new visitor, `visit(DESKTOP)`; at the end no browser may have complained."""
    visitors: list[Visitor] = []

    def seat(size: dict[str, int] = DESKTOP) -> Visitor:
        visitors.append(Visitor(chromium.new_context(viewport=size), address))  # type: ignore[arg-type]
        return visitors[-1]

    yield seat
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert not complaints


@pytest.fixture
def orders(rows: Any) -> dict[str, list[dict[str, Any]]]:
    """Each seller's orders: one row per order with that seller's sums, from the operational tables."""
    return orders_by_seller(rows)
