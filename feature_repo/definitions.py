"""The one module that Feast reads: every entity, source, view and service by name."""

from feature_repo.entities import customer, device, product, seller, session
from feature_repo.on_demand import order_risk, payment_request
from feature_repo.services import fraud_v1, fraud_v2, recommendation_v1, seller_analytics_v1
from feature_repo.sources import session_events
from feature_repo.views.customer import customer_engagement, customer_orders, customer_rings, customer_risk
from feature_repo.views.device import device_activity, device_rings
from feature_repo.views.product import product_reviews, product_sales
from feature_repo.views.seller import seller_performance, seller_sales
from feature_repo.views.session import session_activity

__all__ = [
    "customer",
    "customer_engagement",
    "customer_orders",
    "customer_rings",
    "customer_risk",
    "device",
    "device_activity",
    "device_rings",
    "fraud_v1",
    "fraud_v2",
    "order_risk",
    "payment_request",
    "product",
    "product_reviews",
    "product_sales",
    "recommendation_v1",
    "seller",
    "seller_analytics_v1",
    "seller_performance",
    "seller_sales",
    "session",
    "session_activity",
    "session_events",
]
