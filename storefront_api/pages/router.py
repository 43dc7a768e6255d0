"""All pages, their static files and their error page, added to the application in one call."""

from fastapi import FastAPI

from storefront_api.pages import (
    account,
    checkout,
    compare,
    disputes,
    fraud,
    fraud_analytics,
    fraud_audit,
    fraud_case,
    fraud_case_lists,
    fraud_estimates,
    fraud_handling,
    fraud_report,
    fraud_rules,
    ops,
    ops_experiments,
    ops_quarantine,
    ops_tagging,
    platform,
    platform_outlook,
    reference,
    seller,
    seller_customers,
    seller_forecast,
    seller_listings,
    seller_money,
    seller_peers,
    seller_performance,
    seller_products,
    seller_reviews,
    seller_rows,
    seller_tags,
    shelves,
    shop,
)
from storefront_api.pages.errors import error_page
from storefront_api.pages.static_files import FingerprintedFiles

PARTS = (
    shop,
    shelves,
    compare,
    checkout,
    account,
    seller,
    seller_customers,
    seller_forecast,
    seller_listings,
    seller_money,
    seller_peers,
    seller_performance,
    seller_products,
    seller_reviews,
    seller_rows,
    seller_tags,
    fraud,
    fraud_case,
    fraud_case_lists,
    fraud_handling,
    fraud_rules,
    disputes,
    fraud_analytics,
    fraud_estimates,
    fraud_report,
    fraud_audit,
    ops,
    ops_experiments,
    ops_quarantine,
    ops_tagging,
    platform,
    platform_outlook,
    reference,
)


def add_pages(app: FastAPI) -> None:
    """Give the application its pages."""
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static", FingerprintedFiles(), name="static")
    app.state.error_page = error_page
