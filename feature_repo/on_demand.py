"""Features that need the request itself, computed by the same formulas for training and for serving.

Not Feast's `singleton` form: Feast calls that with scalars online but with lists offline; the list form is the same in both.
"""

from collections.abc import Callable, Mapping
from typing import Any

from feast import Field, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, String

from feature_repo.views.customer import customer_orders
from models.request_risk import request_features

payment_request = RequestSource(
    name="payment_request",
    description="One attempt to pay as checkout knows it; instants are seconds since 1970, what is unknown is NaN or empty.",
    schema=[
        Field(name="amount_minor", dtype=Float64, description="Amount, minor units."),
        Field(name="attempted_at", dtype=Float64, description="When, seconds since 1970 UTC."),
        Field(name="signed_up_at", dtype=Float64, description="When the account was made, seconds since 1970 UTC."),
        Field(name="ip_country_code", dtype=String, description="Country of the network address."),
        Field(name="shipping_country_code", dtype=String, description="Country of the shipping address."),
        Field(name="billing_country_code", dtype=String, description="Country of the billing address."),
        Field(name="ip_latitude", dtype=Float64, description="Degrees north of the network address."),
        Field(name="ip_longitude", dtype=Float64, description="Degrees east of the network address."),
        Field(name="shipping_latitude", dtype=Float64, description="Degrees north of the shipping address."),
        Field(name="shipping_longitude", dtype=Float64, description="Degrees east of the shipping address."),
        Field(name="billing_latitude", dtype=Float64, description="Degrees north of the billing address."),
        Field(name="billing_longitude", dtype=Float64, description="Degrees east of the billing address."),
    ],
)


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[customer_orders[["order_value_mean_minor", "order_value_max_minor"]], payment_request],
    mode="python",
    description="The attempt against the customer's usual amount, and how far apart its places lie.",
    # Without descriptions: Feast compares them with what it infers from a trial run, which has none. They are in
    # models/request_risk.py.
    schema=[
        Field(name="amount_ratio_to_mean", dtype=Float64),
        Field(name="amount_ratio_to_max", dtype=Float64),
        Field(name="account_age_hours", dtype=Float64),
        Field(name="ip_shipping_km", dtype=Float64),
        Field(name="billing_shipping_km", dtype=Float64),
        Field(name="is_ip_country_foreign", dtype=Float64),
        Field(name="is_billing_country_other", dtype=Float64),
        Field(name="hour_of_day", dtype=Float64),
    ],
)
def order_risk(inputs: dict[str, list[Any]]) -> dict[str, list[float]]:
    # Feast keeps this function as text and runs it elsewhere: whatever it needs is imported inside.
    from models.request_risk_columns import request_feature_columns

    return {name: values.tolist() for name, values in request_feature_columns(inputs).items()}


# What each view answers for one row: who serves one request needs no columns.
BY_ROW: dict[str, Callable[[Mapping[str, Any]], dict[str, float]]] = {"order_risk": request_features}
