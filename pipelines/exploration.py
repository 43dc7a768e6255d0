"""Which new products the explored place may show, each with the probability to be drawn."""

from datetime import datetime, timedelta

import pandas as pd

from marketplace.warehouse import Warehouse
from models.recommendation.exploration import prior_of, probabilities_to_be_best

NEW_FOR = timedelta(days=30)
MOST_PRODUCTS = 50

# Rates of the explored place are compared with those of its neighbours on the shelf, which are looked at as often.
_SHOP_RATE = """
    select count(*) as show_count, count(*) filter (where is_clicked) as click_count
    from marts.fct_impressions
    where shelf = 'for_you' and position between 5 and 7 and not is_fallback
"""
_NEW_PRODUCTS = """
    select products.product_id, coalesce(shown.shown_count, 0) as shown_count, coalesce(shown.clicked_count, 0) as clicked_count
    from marts.dim_products as products
    left join (
        select product_id, count(*)::integer as shown_count, count(*) filter (where is_clicked)::integer as clicked_count
        from marts.fct_impressions where alternative_product_ids is not null group by 1
    ) as shown using (product_id)
    where products.is_active and products.units_on_hand > 0 and products.listed_at > '{since}'
    order by shown_count, products.listed_at desc, products.product_id
    limit {most}
"""


def explored_products(warehouse: Warehouse, *, until: datetime, new_for: timedelta = NEW_FOR) -> pd.DataFrame:
    """Rows of `predictions.explored_products`: listings of the last weeks, those that were tried least first among equals."""
    shop = warehouse.read(_SHOP_RATE).iloc[0]
    prior = prior_of(int(shop["click_count"]), int(shop["show_count"]))
    found = warehouse.read(_NEW_PRODUCTS.format(since=(until - new_for).isoformat(), most=MOST_PRODUCTS))
    return found.assign(
        prior_clicks=prior.clicks,
        prior_shows=prior.shows,
        probability=probabilities_to_be_best(found["clicked_count"], found["shown_count"], prior),
        computed_at=until,
    )
