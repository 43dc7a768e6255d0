"""Every number that the recommender can be told, under its library's name where a library reads it."""

from dataclasses import dataclass, field
from enum import StrEnum


class SourceName(StrEnum):
    """What can put a product on a list."""

    TRENDING = "trending"
    CATEGORY_TRENDING = "category_trending"
    COLLABORATIVE = "collaborative"
    NEIGHBOURS = "neighbours"
    CO_VISITATION = "co_visitation"
    NEXT_DAYS = "next_days"
    EASE = "ease"
    CONTENT = "content"
    SESSION_NEXT = "session_next"
    SESSION_CO_VISITATION = "session_co_visitation"
    SESSION_CONTENT = "session_content"
    CATALOGUE = "catalogue"
    OWN_HISTORY = "own_history"
    BASKETS = "baskets"
    OWN_PURCHASES = "own_purchases"
    LIKED_SELLERS = "liked_sellers"


@dataclass(frozen=True)
class RecommendationConfig:
    """Hyper-parameters; days are half-lives or windows.

    A list never holds what the customer ever bought, nor what they looked at within `seen_days`: those have their own
    places in the shop. Evaluation hides the same products, so it measures new items only.
    """

    seed: int = 7

    view_weight: float = 1.0
    cart_weight: float = 3.0
    purchase_weight: float = 5.0

    trending_half_life_days: float = 7.0
    taste_half_life_days: float = 28.0
    neighbour_half_life_days: float = 14.0
    seen_days: float = 28.0

    # implicit.als.AlternatingLeastSquares
    factors: int = 64
    regularization: float = 5.0
    alpha: float = 5.0
    iterations: int = 10
    # implicit.nearest_neighbours.BM25Recommender
    K: int = 100
    neighbour_count: int = 100
    most_neighbours_of_a_product: int = 2000
    # models.recommendation.ease
    ease_regularization: float = 200.0
    ease_neighbours: int = 200
    ease_most_products: int = 20_000
    # sklearn.feature_extraction.text.TfidfVectorizer
    min_df: int = 2
    content_neighbours: int = 50
    # sklearn.decomposition.TruncatedSVD
    word_dimensions: int = 32

    # models.recommendation.shopper_kinds
    shopper_kinds: int = 48

    # Two stages: so many candidates of each source, ranked by lightgbm (objective `lambdarank`).
    candidates_per_source: int = 100
    ranker_windows: int = 4
    ranker_customers: int = 400
    ranker_negatives: int = 60
    # Trees of 31 leaves at a rate of .05 order no better (Online Retail: NDCG@10 .127 and .128 of new items, .334 and .333 with
    # repeats; the simulation: .185 and .184), and cost a request a fifth of its time more.
    n_estimators: int = 150
    learning_rate: float = 0.07
    num_leaves: int = 15
    min_data_in_leaf: int = 50
    feature_fraction: float = 0.6
    lambda_l2: float = 5.0
    lambdarank_truncation_level: int = 30

    test_days: int = 14
    validation_days: int = 14
    min_test_rows: int = 200
    # Weights of the sources are searched for on the validation window over these steps, trending being 1.
    weight_steps: tuple[float, ...] = field(default=(0.0, 0.25, 0.5, 1.0, 2.0, 4.0))
    # What each source that follows the running session weighs, the learned ones together being 1. Set on the simulation:
    # NDCG@10 of the next product is .10 at 0, .24 at .5, .27 at 1 and .28 at 3.
    session_weight: float = 1.0
    session_decay: float = 0.85
    # Clicks per label window that the trees of the running session learn from: a shop trains every night.
    session_labels: int = 1500

    # A pair of products counts from so many common orders on.
    min_basket_orders: int = 3
    repurchase_half_life_days: float = 90.0
    repeat_prior_buyers: float = 20.0

    min_interactions: int = 200
    min_customers: int = 20
    min_products: int = 10
