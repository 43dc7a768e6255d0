"""What each model reads. A service never changes once a model was trained on it: a new list is a new version.

Tagging has none: it reads only the words of the listing before it.
"""

from feast import FeatureService

from feature_repo.on_demand import order_risk
from feature_repo.views.customer import customer_engagement, customer_orders, customer_rings, customer_risk
from feature_repo.views.device import device_activity, device_rings
from feature_repo.views.seller import seller_performance, seller_sales
from feature_repo.views.session import session_activity

recommendation_v1 = FeatureService(
    name="recommendation_v1",
    description="A customer's taste and what the visit has looked at.",
    features=[
        customer_engagement[["top_category_id", "top_category_share_28d", "view_count_28d"]],
        session_activity[["recent_product_ids"]],
    ],
)

_RISK = [
    customer_orders[
        [
            "order_count_30d",
            "order_count_total",
            "spend_minor_30d",
            "order_value_mean_minor",
            "order_value_max_minor",
        ]
    ],
    customer_risk,
    device_activity,
    order_risk,
]

fraud_v1 = FeatureService(name="fraud_v1", description="The risk of one attempt to pay.", features=_RISK)

fraud_v2 = FeatureService(
    name="fraud_v2",
    description="The risk of one attempt to pay, and the rings that its customer and device belong to.",
    features=[*_RISK, customer_rings, device_rings],
)

seller_analytics_v1 = FeatureService(
    name="seller_analytics_v1",
    description="What a seller sold lately, and how well it served.",
    features=[seller_sales, seller_performance],
)
