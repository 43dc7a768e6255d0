"""What does it cost to look through every product, beside numpy and `implicit` in the same run?

`python -m benchmarks.recommendation_search`: the best hundred of half a million beside the one product of numpy that scores them,
and the nightly fifty of everybody beside `implicit`, which gets the same factors and must say the same.
"""

import sys

import numpy as np

from benchmarks._growth import bar, machine, milliseconds

SEED = 7
PRODUCTS, FACTORS, BEST = 500_000, 64, 100


def main() -> int:
    print(machine())
    return 0 if all([exact_hundred(), nightly()]) else 1


def vectors(count: int, rng: np.random.Generator) -> np.ndarray:
    """Like those of a factorisation: their lengths spread."""
    return (rng.normal(size=(count, FACTORS)) * rng.lognormal(0, 0.5, (count, 1))).astype(np.float32)


def exact_hundred() -> bool:
    """The best hundred of half a million beside the product that scores them."""
    from models.recommendation.exact import largest

    rng = np.random.default_rng(SEED)
    table, questions = vectors(PRODUCTS, rng), vectors(41, rng)
    for question in questions[:3]:
        positions, values = largest(table @ question, BEST)
        scores = table @ question
        expected = np.lexsort((np.arange(PRODUCTS), -scores))[:BEST]
        assert positions.tolist() == expected.tolist()
        assert values.tolist() == scores[expected].tolist()
    ours, theirs = [], []
    for question in questions:
        theirs.append(milliseconds(lambda one: table @ one, [question])[0])
        ours.append(milliseconds(lambda one: largest(table @ one, BEST), [question])[0])
    mine, numpys = float(np.median(ours)), float(np.median(theirs))
    print(f"best {BEST} of {PRODUCTS:,} × {FACTORS}: {mine:.2f} ms, numpy's X @ q {numpys:.2f} ms, medians of {len(ours)}")
    return bar("beside numpy's X @ q", mine / numpys, 1.1)


def nightly(users: int = 10_000, items: int = 20_000) -> bool:
    """The fifty of everybody beside `implicit`, which gets the same factors and must say the same."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    from models.recommendation.exact import largest_of_each

    rng = np.random.default_rng(SEED)
    model = AlternatingLeastSquares(factors=FACTORS, num_threads=1)
    model.user_factors, model.item_factors = vectors(users, rng), vectors(items, rng)
    nothing = sparse.csr_matrix((users, items), dtype=np.float32)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        """By blocks of people, as many as `implicit` takes at a time."""
        blocks = (model.user_factors[first : first + 64] @ model.item_factors.T for first in range(0, users, 64))
        positions, values = zip(*(largest_of_each(scores, 50) for scores in blocks), strict=True)
        return np.concatenate(positions), np.concatenate(values)

    def theirs() -> tuple[np.ndarray, np.ndarray]:
        ids, scores = model.recommend(np.arange(users), nothing, N=50, filter_already_liked_items=False)
        return ids, scores

    (positions, values), (ids, scores) = ours(), theirs()
    np.testing.assert_allclose(values, scores, rtol=1e-4, atol=1e-4)
    differing = int((positions != ids).sum())
    assert differing <= 1e-4 * ids.size, f"{differing} of {ids.size} places differ"  # sums that differ in their last bit
    spent = [(milliseconds(lambda _: ours(), [0])[0], milliseconds(lambda _: theirs(), [0])[0]) for _ in range(3)]
    mine, implicits = (min(column) for column in zip(*spent, strict=True))
    print(
        f"fifty of {items:,} for {users:,} people: {1e3 * users / mine:,.0f} people a second, implicit "
        f"{1e3 * users / implicits:,.0f}; {differing} of {ids.size:,} places differ"
    )
    return bar("beside implicit's recommend", mine / implicits, 1.0)


if __name__ == "__main__":
    sys.exit(main())
