"""Living shoppers on the running storefront, over HTTP like everybody else.

Seeded: who they are, what they like and what they would do next; what the shop shows and how fast it answers is its own.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from marketplace.errors import NotRunningError
from marketplace.settings import Settings
from marketplace.simulation.live.accounts import Account, open_accounts, plan_accounts
from marketplace.simulation.live.browser import Browser, GaveUpError, RefusedError
from marketplace.simulation.live.fraudsters import CardTester, RingMember
from marketplace.simulation.live.pace import Pace, Turns, choose_pace
from marketplace.simulation.live.report import Report
from marketplace.simulation.live.shoppers import Shopper
from marketplace.simulation.live.tastes import Tastes

__all__ = ["Report", "live"]

_NEWS_EVERY = 10.0  # seconds between two lines of progress
_GRACE = 10.0  # seconds that steps in flight have to end
_AFTER_TROUBLE = 5.0  # seconds a shopper waits after the shop did not answer


@dataclass(frozen=True)
class _Run:
    """What all shoppers of one run share."""

    settings: Settings
    seed: int
    name: str
    pace: Pace
    turns: Turns
    report: Report
    stopping: asyncio.Event


def live(
    settings: Settings,
    shoppers: int,
    *,
    seed: int,
    minutes: float | None,
    rate: float | None,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Let `shoppers` live in the running shop until the time is over or Ctrl-C; what they did.

    Args:
        minutes: how long; None until Ctrl-C.
        rate: requests a minute of all shoppers together; 15 for each if None, never more than 90 % of the shop's limits.
    Raises:
        NotRunningError: no storefront answers.
        InvalidInputError: the shop is empty, or no local one.
    """
    if not settings.database.url.get_secret_value():
        raise NotRunningError("no marketplace runs here; start it with `marketplace up`")
    shop = f"http://{settings.storefront.host}:{settings.storefront.port}"
    try:
        httpx.get(f"{shop}/readyz", timeout=5).raise_for_status()
    except httpx.HTTPError as error:
        reason = "does not answer" if isinstance(error, httpx.TransportError) else "is not ready"
        raise NotRunningError(f"the storefront at {shop} {reason}; start it with `marketplace up`") from None
    now = datetime.now(UTC)
    accounts = plan_accounts(shoppers, seed, now=now)
    open_accounts(settings, accounts, _truth_file(settings.state_dir, seed))
    pace = choose_pace(shoppers, rate, settings.storefront)
    if pace.was_cut:
        progress(f"paced to {pace.per_minute:,.0f} requests a minute: the storefront allows little more")
    return asyncio.run(_live(settings, shop, accounts, seed, f"{seed}-{now:%m%d%H%M%S}", pace, minutes, progress))


def _truth_file(state_dir: Path, seed: int) -> Path:
    return state_dir / "simulation" / "truth" / f"living-{seed}.json"


async def _live(
    settings: Settings, shop: str, accounts: list[Account], seed: int, name: str, pace: Pace, minutes: float | None,
    progress: Callable[[str], None],
) -> Report:  # fmt: skip
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    run = _Run(settings, seed, name, pace, Turns(pace.per_minute), Report(len(accounts)), stopping)
    began = time.monotonic()
    browsers = [
        Browser(shop, run.report, run.turns.turn, address=one.address if pace.has_own_addresses else None) for one in accounts
    ]
    try:
        categories = await browsers[0].get("/v1/categories")
        devices: dict[int, str] = {}
        shoppers = [_shopper(run, *pair, categories, devices) for pair in zip(accounts, browsers, strict=True)]
        progress(f"{len(shoppers)} living shoppers at {shop}; Ctrl-C ends it")
        tasks = [asyncio.create_task(_come_again(one, run)) for one in shoppers]
        news = asyncio.create_task(_tell(run.report, progress))
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), None if minutes is None else minutes * 60)
        stopping.set()
        news.cancel()
        _, late = await asyncio.wait(tasks, timeout=_GRACE)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
    finally:
        for browser in browsers:
            await browser.close()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    run.report.seconds = time.monotonic() - began
    return run.report


def _shopper(run: _Run, account: Account, browser: Browser, categories: list[dict[str, Any]], devices: dict[int, str]) -> Shopper:
    rng = np.random.default_rng([run.seed, account.number])

    async def pause(times: float = 1.0) -> None:
        """Think, `times` as long as usual; a stop ends it."""
        seconds = times * float(rng.exponential(2.5 * 60 / run.pace.per_shopper))  # a step is two or three requests
        with suppress(TimeoutError):
            await asyncio.wait_for(run.stopping.wait(), seconds)

    facts: dict[str, Any] = {
        "account": account,
        "password": run.settings.demo_password.get_secret_value(),
        "browser": browser,
        "report": run.report,
        "rng": rng,
        "tastes": Tastes.draw(rng, categories),
        "stopping": run.stopping,
        "pause": pause,
        "run": run.name,
    }
    if account.kind == "card_tester":
        return CardTester(**facts)
    return RingMember(**facts, devices=devices) if account.kind == "ring" else Shopper(**facts)


async def _come_again(shopper: Shopper, run: _Run) -> None:
    """Visit after visit until the stop; trouble ends a visit, not the shopper."""
    await shopper.pause(shopper.rests / 2)
    while not run.stopping.is_set():
        try:
            await shopper.visit()
        except RefusedError as refused:
            run.report.refusals[refused.code] += 1
        except GaveUpError as gone:
            run.report.errors[gone.reason] += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(run.stopping.wait(), _AFTER_TROUBLE)
        await shopper.pause(shopper.rests)


async def _tell(report: Report, progress: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(_NEWS_EVERY)
        progress(report.line())
