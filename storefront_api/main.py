"""The storefront: `uvicorn storefront_api.main:served_app --factory`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from marketplace.settings import Settings, load_settings
from marketplace.top_lists import TopLists, folder_of
from marketplace.vocabulary import ModelName
from storefront_api import problems
from storefront_api.accounts.router import router as accounts_router
from storefront_api.accounts.throttle import SignInThrottle
from storefront_api.cart.router import router as cart_router
from storefront_api.catalog.router import router as catalog_router
from storefront_api.clients import Clients
from storefront_api.database import Database
from storefront_api.disputes.router import router as disputes_router
from storefront_api.events.router import router as events_router
from storefront_api.experiments.router import router as experiments_router
from storefront_api.fraud.router import router as fraud_router
from storefront_api.fraud_analytics.router import router as fraud_analytics_router
from storefront_api.fraud_audit.router import router as fraud_audit_router
from storefront_api.fraud_reviews.router import router as fraud_reviews_router
from storefront_api.fraud_rules.router import router as fraud_rules_router
from storefront_api.health.router import router as health_router
from storefront_api.listings.router import router as listings_router
from storefront_api.listings.values_in_use import ValuesInUse
from storefront_api.middleware import RequestContextMiddleware
from storefront_api.ops.router import router as ops_router
from storefront_api.orders.router import router as orders_router
from storefront_api.pages.router import add_pages
from storefront_api.rate_limit import RateLimitMiddleware
from storefront_api.recommendations.own_list import OwnListMiddleware, add_own_list
from storefront_api.recommendations.router import router as recommendations_router
from storefront_api.security import Signer
from storefront_api.seller_analytics.router import router as seller_analytics_router
from storefront_api.tagging.router import router as tagging_router
from storefront_api.telemetry import Metrics, configure_logging

ROUTERS = (
    health_router,
    accounts_router,
    catalog_router,
    cart_router,
    orders_router,
    events_router,
    recommendations_router,
    fraud_router,
    disputes_router,
    fraud_reviews_router,
    fraud_rules_router,
    fraud_analytics_router,
    fraud_audit_router,
    seller_analytics_router,
    ops_router,
    experiments_router,
    listings_router,
    tagging_router,
)
_LARGEST_BODY = 2 * 1024 * 1024


def served_app() -> FastAPI:
    """The application of a process that does nothing else.

    What it starts with is out of the collector's view from then on: a collection would look through all of it and pause
    every request for a tenth of a second.
    """
    app = create_app()
    gc.collect()
    gc.freeze()
    return app


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application with every router; it connects to its database and services when it is started.

    Raises:
        SettingsError: no database is known, or a demo secret would serve a production profile.
    """
    settings = settings or load_settings()
    settings.refuse_unsafe_production()
    configure_logging()
    app = FastAPI(
        title="CustomiseYou storefront",
        summary="Shop, checkout, recommendations, fraud review and seller analytics of the marketplace.",
        version="0.1.0",
        lifespan=_lifespan,
        # The framework's own pages load their scripts from elsewhere; the document itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        # We count by ourselves (/metrics); the framework would look for somebody who listens at every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.signer = Signer(settings.storefront.secret_key.get_secret_value())
    app.state.metrics = Metrics()
    app.state.throttle = SignInThrottle()
    app.state.values_in_use = ValuesInUse()
    app.state.database = Database(settings.database_url(), pool_size=settings.database.pool_size)
    app.state.clients = Clients(settings.services)
    app.state.top_lists = TopLists(folder_of(settings.state_dir, ModelName.RECOMMENDATION))
    problems.install(app)
    add_own_list(app)
    problems.describe(app)
    _add_middleware(app, settings)
    for router in ROUTERS:
        app.include_router(router)
    add_pages(app)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost."""
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=_LARGEST_BODY)
    app.add_middleware(OwnListMiddleware)
    app.add_middleware(
        RateLimitMiddleware,
        per_user=settings.storefront.requests_per_minute_per_user,
        per_address=settings.storefront.requests_per_minute_per_address,
    )
    app.add_middleware(
        RequestContextMiddleware,
        signer=app.state.signer,
        metrics=app.state.metrics,
        proxy_count=settings.storefront.trusted_proxies,
        is_secure=settings.profile != "local",
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await app.state.database.open()
    yield
    await app.state.clients.close()
    await app.state.database.close()
