"""Run by the interpreter of the peers' own environment: `python _peer_lists.py FOLDER`; imports nothing of ours.

Reads `interactions.npz` (customers, products, weights, instants in microseconds, and `asked`, the customers to list for) and
writes, for each peer, `<peer>.npy`: asked × 20 product numbers, -1 where a list is shorter; and what each took to `costs.json`.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

DEPTH = 20


def main() -> None:
    folder = Path(sys.argv[1])
    stored = np.load(folder / "interactions.npz")
    frame = pd.DataFrame({name: stored[name] for name in ("customers", "products", "weights", "instants")})
    costs = {}
    for name, recommend in peers(frame, stored["asked"]).items():
        began = time.process_time()
        lists = recommend()
        costs[name] = time.process_time() - began
        ranked = np.full((len(stored["asked"]), DEPTH), -1, dtype=np.int64)
        for row, customer in enumerate(stored["asked"].tolist()):
            found = lists.get(customer, [])[:DEPTH]
            ranked[row, : len(found)] = found
        np.save(folder / f"{name}.npy", ranked)
        print(f"  {name}: {costs[name]:.1f} CPU s", file=sys.stderr, flush=True)
    (folder / "costs.json").write_text(json.dumps(costs))


def peers(frame: pd.DataFrame, asked: np.ndarray) -> dict[str, Callable[[], dict[int, list[int]]]]:
    """Each peer with its library's own settings for implicit feedback; new products only."""
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import CosineRecommender
    from lenskit.als import ImplicitMFScorer
    from lenskit.knn import ItemKNNScorer, UserKNNScorer
    from rectools.models import (
        EASEModel,
        ImplicitALSWrapperModel,
        ImplicitBPRWrapperModel,
        ImplicitItemKNNWrapperModel,
        PopularModel,
    )

    def of_rectools(model: object) -> Callable[[], dict[int, list[int]]]:
        def listed() -> dict[int, list[int]]:
            from rectools import Columns
            from rectools.dataset import Dataset

            columns = {"customers": Columns.User, "products": Columns.Item, "weights": Columns.Weight}
            table = frame.rename(columns=columns).assign(**{Columns.Datetime: pd.to_datetime(frame["instants"], unit="us")})
            dataset = Dataset.construct(table[[Columns.User, Columns.Item, Columns.Weight, Columns.Datetime]])
            model.fit(dataset)  # type: ignore[attr-defined]
            found = model.recommend(users=asked, dataset=dataset, k=DEPTH, filter_viewed=True)  # type: ignore[attr-defined]
            return dict(found.sort_values(Columns.Rank).groupby(Columns.User)[Columns.Item].agg(list).to_dict())

        return listed

    def of_lenskit(scorer: object) -> Callable[[], dict[int, list[int]]]:
        def listed() -> dict[int, list[int]]:
            from lenskit.batch import recommend
            from lenskit.data import from_interactions_df
            from lenskit.pipeline import topn_pipeline

            pairs = frame[["customers", "products"]].drop_duplicates()
            dataset = from_interactions_df(pairs.rename(columns={"customers": "user_id", "products": "item_id"}))
            pipeline = topn_pipeline(scorer)
            pipeline.train(dataset)
            found = recommend(pipeline, asked.tolist(), n=DEPTH, n_jobs=1)
            return {int(key.user_id): [int(product) for product in items.ids()] for key, items in found}

        return listed

    return {
        "rectools_popular_28d": of_rectools(PopularModel(period=pd.Timedelta(days=28).to_pytimedelta())),
        "rectools_implicit_item_knn": of_rectools(ImplicitItemKNNWrapperModel(CosineRecommender(K=100, num_threads=1))),
        "rectools_implicit_als": of_rectools(
            ImplicitALSWrapperModel(AlternatingLeastSquares(factors=64, random_state=7, num_threads=1))
        ),
        "rectools_implicit_bpr": of_rectools(
            ImplicitBPRWrapperModel(BayesianPersonalizedRanking(factors=64, random_state=7, num_threads=1))
        ),
        "rectools_ease": of_rectools(EASEModel(regularization=200)),
        "lenskit_item_knn": of_lenskit(ItemKNNScorer(feedback="implicit", max_nbrs=20)),
        "lenskit_user_knn": of_lenskit(UserKNNScorer(feedback="implicit", max_nbrs=50)),
        "lenskit_implicit_mf": of_lenskit(ImplicitMFScorer(embedding_size=64)),
    }


if __name__ == "__main__":
    main()
