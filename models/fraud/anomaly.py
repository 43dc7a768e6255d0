"""How unlike the usual an attempt is: an Isolation Forest that is fitted by scikit-learn and answered by LightGBM.

scikit-learn takes about 15 ms to score one row, most of it overhead per tree. Trees are trees, so LightGBM is given them with
path lengths for leaves; their sum is all that a score needs.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.fraud.one_row import Answer, OneRow

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class IsolationTrees:
    """A fitted forest. Node arrays hold all trees one after the other; a leaf is its own child.

    `fill` replaces unknown values: the median of each column, so that not knowing is not unusual.
    """

    root: Indices
    feature: Indices
    threshold: Floats
    left: Indices
    right: Indices
    path_length: Floats
    fill: Floats
    normaliser: float

    @classmethod
    def fit(cls, matrix: Floats, *, n_estimators: int, max_samples: int, seed: int) -> "IsolationTrees":
        """Trees grown on `matrix`, whose NaN are unknown values."""
        from sklearn.ensemble import IsolationForest

        # A column without any value is typical wherever it is zero.
        fill = np.array([np.median(known) if (known := column[~np.isnan(column)]).size else 0.0 for column in matrix.T])
        forest = IsolationForest(n_estimators=n_estimators, max_samples=min(max_samples, len(matrix)), random_state=seed)
        forest.fit(np.where(np.isnan(matrix), fill, matrix))
        return cls.pack(forest, fill)

    @classmethod
    def pack(cls, forest: Any, fill: Floats) -> "IsolationTrees":
        """The trees of a fitted `sklearn.ensemble.IsolationForest` without feature subsampling."""
        trees = [estimator.tree_ for estimator in forest.estimators_]
        root = np.cumsum([0] + [tree.node_count for tree in trees[:-1]]).astype(np.intp)
        own = np.arange(sum(tree.node_count for tree in trees), dtype=np.intp)
        is_leaf = np.concatenate([tree.children_left for tree in trees]) < 0
        left = np.concatenate([tree.children_left + start for tree, start in zip(trees, root, strict=True)])
        right = np.concatenate([tree.children_right + start for tree, start in zip(trees, root, strict=True)])
        return cls(
            root=root,
            feature=np.where(is_leaf, 0, np.concatenate([tree.feature for tree in trees])).astype(np.intp),
            threshold=np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
            left=np.where(is_leaf, own, left).astype(np.intp),
            right=np.where(is_leaf, own, right).astype(np.intp),
            path_length=np.concatenate([_path_lengths(tree) for tree in trees]),
            fill=np.asarray(fill, dtype=np.float64),
            normaliser=len(trees) * float(_average_path_length(np.array([forest.max_samples_]))[0]),
        )

    def score(self, matrix: Floats) -> Floats:
        """Anomaly per row, 0 to 1, higher is stranger: minus what scikit-learn's `score_samples` gives."""
        # scikit-learn compares in single precision; a value next to a threshold must fall on the same side here.
        known = np.where(np.isnan(matrix), self.fill, matrix).astype(np.float32).astype(np.float64)
        length = self._one_row(known[0]) if len(known) == 1 else self._booster.predict(known, raw_score=True, num_threads=1)
        return np.asarray(np.exp2(-length / (self.normaliser or np.inf)))

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=as_lightgbm(self))

    @cached_property
    def _one_row(self) -> OneRow:
        return OneRow(self._booster, Answer.RAW_SCORE)

    def contributions(self, row: Floats) -> Floats:
        """How much of one row's anomaly each column brings: the fall of the score when that value were typical."""
        changed = np.tile(row, (len(row) + 1, 1))
        np.fill_diagonal(changed, self.fill)
        *without, whole = self.score(changed).tolist()
        return np.asarray(whole - np.array(without))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The forest as named arrays, for an npz file."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Any) -> "IsolationTrees":
        """The forest that `arrays()` gave."""
        held: dict[str, Any] = {name: arrays[name] for name in cls.__dataclass_fields__}
        return cls(**held | {"normaliser": float(held["normaliser"])})


def as_lightgbm(trees: IsolationTrees) -> str:
    """The forest as the text of a LightGBM model, whose raw score is the sum of the path lengths."""
    columns = len(trees.fill)
    names = " ".join(f"column_{number}" for number in range(columns))
    head = f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={columns - 1}\n"
    infos = " ".join(["[-inf:inf]"] * columns)
    bounds = [*trees.root.tolist(), len(trees.feature)]
    parts = (_tree(trees, number, slice(*bounds[number : number + 2])) for number in range(len(trees.root)))
    return f"{head}feature_names={names}\nfeature_infos={infos}\n\n{''.join(parts)}end of trees\n"


def _tree(trees: IsolationTrees, number: int, nodes: slice) -> str:
    """One tree: inner nodes are numbered from 0, leaves too, and as a child a leaf is the complement of its number."""
    own, left, right = np.arange(nodes.start, nodes.stop), trees.left[nodes], trees.right[nodes]
    is_leaf = left == own
    code = np.where(is_leaf, -np.cumsum(is_leaf), np.cumsum(~is_leaf) - 1)
    inner = ~is_leaf
    fields = {
        "num_leaves": [int(is_leaf.sum())],
        "num_cat": [0],
        "split_feature": trees.feature[nodes][inner].tolist(),
        "threshold": trees.threshold[nodes][inner].tolist(),
        "decision_type": [0] * int(inner.sum()),  # a number, never missing
        "left_child": code[left[inner] - nodes.start].tolist(),
        "right_child": code[right[inner] - nodes.start].tolist(),
        "leaf_value": trees.path_length[nodes][is_leaf].tolist(),
        "shrinkage": [1],
    }
    return "\n".join([f"Tree={number}", *(f"{name}={' '.join(map(repr, values))}" for name, values in fields.items()), "\n"])


def _path_lengths(tree: Any) -> Floats:
    """Edges from the root to each node, plus what an unfinished branch of that many samples would have needed."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):  # children come after their parent in scikit-learn's order
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    return depth + _average_path_length(tree.n_node_samples)


def _average_path_length(sample_count: npt.NDArray[Any]) -> Floats:
    """Expected length of an unsuccessful search in a binary tree of so many samples (Liu et al. 2008, equation 1)."""
    count = np.asarray(sample_count, dtype=np.float64)
    harmonic = np.log(np.maximum(count - 1, 1)) + np.euler_gamma
    return np.where(count > 2, 2 * harmonic - 2 * (count - 1) / np.maximum(count, 1), np.where(count == 2, 1.0, 0.0))
