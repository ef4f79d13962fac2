"""Shapley values of models whose trees are not symmetric, computed from the trees themselves.

CatBoost 1.2.10 returns wrong values for them without a warning
(findings/catboost-shap-of-asymmetric-trees.sh).

The game is the usual one for trees: an unknown feature follows both branches of a node, weighted by the
training rows that went there. The probability of a leaf is a product over the different features of its path.
The factor of a known feature is 1 if the row follows all its branches, otherwise 0. The factor of an unknown
feature is its share of the training rows. The Shapley value of feature i in one leaf is then

    value · (known_i - share_i) · ∫ ∏ over j ≠ i of (share_j · (1 - t) + known_j · t) dt, t from 0 to 1,

because the integral of t^k (1 - t)^(m-1-k) is the weight of a coalition of k of the other features. The
integrand is a polynomial, which Gauss-Legendre quadrature integrates exactly.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Node: TypeAlias = Mapping[str, Any]
_Step: TypeAlias = tuple[int, bool, int, float]
"""On the way to a leaf: the number of the split, whether it holds, its feature, and the branch's share."""


class UnknownSplit(Exception):
    """A tree asks for something that is not a number or a category itself. `str()` says what."""

    @property
    def is_statistic(self) -> bool:
        return str(self) == "OnlineCtr"


@dataclass(frozen=True, slots=True)
class _Group:
    """The leaves whose paths have the same number of different features."""

    features: npt.NDArray[np.intp]
    """Leaves by features."""
    shares: Floats
    values: Floats
    """Leaves by dimensions."""
    splits: npt.NDArray[np.intp]
    """The conditions of all leaves' features, one after another."""
    holds: npt.NDArray[np.bool_]
    begins: npt.NDArray[np.intp]
    """Where the conditions of each leaf's feature begin."""

    def contributions(self, truths: npt.NDArray[np.bool_], width: int) -> Floats:
        """Features by dimensions."""
        count, size = self.features.shape
        known = np.logical_and.reduceat(truths[self.splits] == self.holds, self.begins)
        known = known.reshape(count, size).astype(np.float64)
        nodes, weights = np.polynomial.legendre.leggauss((size + 1) // 2)
        at, weights = (nodes + 1) / 2, weights / 2
        factors = self.shares[:, :, None] * (1 - at) + known[:, :, None] * at
        before = np.ones_like(factors)
        before[:, 1:] = np.cumprod(factors[:, :-1], axis=1)
        after = np.ones_like(factors)
        after[:, :-1] = np.cumprod(factors[:, :0:-1], axis=1)[:, ::-1]
        moved = (known - self.shares) * ((before * after) @ weights)
        where = self.features.ravel()
        return np.column_stack(
            [
                np.bincount(where, (moved * values[:, None]).ravel(), minlength=width)
                for values in self.values.T
            ]
        )


class Forest:
    def __init__(self, exported: Mapping[str, Any]) -> None:
        """`exported` is CatBoost's JSON. Raises `UnknownSplit`."""
        info = exported["features_info"]
        self._floats = [
            (each["flat_feature_index"], each.get("nan_value_treatment") == "AsTrue")
            for each in info.get("float_features", ())
        ]
        self._categories = [each["flat_feature_index"] for each in info.get("categorical_features", ())]
        scale, bias = exported["scale_and_bias"]
        self._scale, self._bias = float(scale), np.atleast_1d(np.asarray(bias, dtype=np.float64))
        self._splits: dict[tuple[str, int, float], int] = {}
        leaves = [leaf for tree in exported["trees"] for leaf in self._leaves(tree, ())]
        self._base, self._groups = _grouped(leaves, len(self._bias))

    @property
    def base(self) -> Floats:
        """The average raw value of each dimension over the training rows."""
        based: Floats = self._scale * self._base + self._bias
        return based

    def shapley(self, numbers: Mapping[int, float], hashes: Mapping[int, int], width: int) -> Floats:
        """The contributions to one row, features by dimensions.

        `numbers` are float32 by the index of the feature, NaN if missing; `hashes` are those of categories.
        """
        truths = np.fromiter(
            (self._holds(split, numbers, hashes) for split in self._splits), np.bool_, len(self._splits)
        )
        total = np.zeros((width, len(self._bias)))
        for group in self._groups:
            total += group.contributions(truths, width)
        return total * self._scale

    def _holds(
        self, split: tuple[str, int, float], numbers: Mapping[int, float], hashes: Mapping[int, int]
    ) -> bool:
        kind, index, value = split
        if kind == "OneHotFeature":
            return hashes[self._categories[index]] == value
        flat, nan_holds = self._floats[index]
        number = numbers[flat]
        return nan_holds if number != number else number > value  # NaN differs from itself

    def _leaves(self, node: Node, path: tuple[_Step, ...]) -> Iterator[tuple[tuple[_Step, ...], Any]]:
        if "split" not in node:
            yield path, node["value"]
            return
        number, feature = self._split(node["split"])
        left, right = _weight(node["left"]), _weight(node["right"])
        share = right / (left + right) if left + right else 0.5
        yield from self._leaves(node["left"], (*path, (number, False, feature, 1 - share)))
        yield from self._leaves(node["right"], (*path, (number, True, feature, share)))

    def _split(self, split: Node) -> tuple[int, int]:
        """The split's number and its feature."""
        match split["split_type"]:
            case "FloatFeature":
                index, value = split["float_feature_index"], split["border"]
                feature = self._floats[index][0]
            case "OneHotFeature":
                index, value = split["cat_feature_index"], split["value"]
                feature = self._categories[index]
            case other:
                raise UnknownSplit(str(other))
        return self._splits.setdefault((split["split_type"], index, value), len(self._splits)), feature


def _weight(node: Node) -> float:
    if "split" not in node:
        return float(node.get("weight", 0))
    return _weight(node["left"]) + _weight(node["right"])


def _grouped(
    leaves: Sequence[tuple[tuple[_Step, ...], Any]], dimensions: int
) -> tuple[Floats, Sequence[_Group]]:
    """The average of all leaves, and the leaves by the number of different features on their paths."""
    base = np.zeros(dimensions)
    by_size: dict[int, list[tuple[dict[int, list[_Step]], Floats]]] = defaultdict(list)
    for path, value in leaves:
        by_feature: dict[int, list[_Step]] = defaultdict(list)
        for step in path:
            by_feature[step[2]].append(step)
        values = np.atleast_1d(np.asarray(value, dtype=np.float64))
        base += values * np.prod([share for *_, share in path])
        if by_feature:
            by_size[len(by_feature)].append((by_feature, values))
    return base, [_group(found) for found in by_size.values()]


def _group(leaves: Sequence[tuple[dict[int, list[_Step]], Floats]]) -> _Group:
    steps = [each for by_feature, _ in leaves for each in by_feature.values()]
    lengths = np.array([len(each) for each in steps])
    return _Group(
        np.array([list(by_feature) for by_feature, _ in leaves], dtype=np.intp),
        np.array(
            [[np.prod([share for *_, share in each]) for each in found.values()] for found, _ in leaves]
        ),
        np.array([values for _, values in leaves]),
        np.array([number for each in steps for number, *_ in each], dtype=np.intp),
        np.array([holds for each in steps for _, holds, *_ in each], dtype=np.bool_),
        np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
    )
