"""Assignment and interleaving by themselves."""

import random
from collections import Counter

import pytest

from marketplace.errors import InvalidInputError
from marketplace.experiments import Arm, Experiment, bucket, team_draft
from marketplace.vocabulary import ExperimentKind


def experiment(*shares: float, salt: str = "salt", kind: ExperimentKind = ExperimentKind.AB) -> Experiment:
    arms = tuple(Arm(f"arm{number}", "champion", share) for number, share in enumerate(shares))
    return Experiment("e", "for_you", kind, salt, arms)


def test_units_fall_into_arms_by_their_shares_and_stay() -> None:
    tried = experiment(0.2, 0.5, 0.3)
    units = [f"customer-{number}" for number in range(20_000)]
    counts = Counter(tried.arm_of(unit).name for unit in units)
    for name, share in (("arm0", 0.2), ("arm1", 0.5), ("arm2", 0.3)):
        assert counts[name] / len(units) == pytest.approx(share, abs=0.012)  # 3.5 standard errors of the middle share
    assert all(tried.arm_of(unit) == tried.arm_of(unit) for unit in units[:100])


def test_a_bucket_is_the_digest_and_so_the_same_in_every_process() -> None:
    # printf 'salt:customer-1' | sha256sum begins with these 52 bits
    assert bucket("salt", "customer-1") == pytest.approx(0x4A068C975E73F / 2**52, abs=2**-52)


def test_two_experiments_split_people_independently() -> None:
    one, other = experiment(0.5, 0.5, salt="one"), experiment(0.5, 0.5, salt="other")
    both = Counter((one.arm_of(f"u{n}").name, other.arm_of(f"u{n}").name) for n in range(20_000))
    assert all(count == pytest.approx(5_000, abs=250) for count in both.values())


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 0.4), (0.0, 1.0), (1.5, -0.5)])
def test_arms_that_are_no_experiment_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInputError):
        experiment(*shares)


def test_interleaving_mixes_two() -> None:
    with pytest.raises(InvalidInputError):
        experiment(0.4, 0.3, 0.3, kind=ExperimentKind.INTERLEAVING)


class Coin(random.Random):
    """Falls as told."""

    def __init__(self, *falls: float) -> None:
        super().__init__(0)
        self.falls = list(falls)

    def random(self) -> float:
        return self.falls.pop(0)


def test_each_round_both_lists_pick_their_best_that_is_not_there() -> None:
    # The first coin lets list 0 begin, the second list 1: A, then B's best that is left, X; then C for list 1, D for list 0.
    assert team_draft(["A", "C", "D"], ["A", "X", "C"], rng=Coin(0.1, 0.9, 0.1)) == [("A", 0), ("X", 1), ("C", 1), ("D", 0)]


def test_what_is_left_of_the_longer_list_is_nobodys() -> None:
    assert team_draft(["A"], ["B", "C", "D"], rng=Coin(0.1, 0.1)) == [("A", 0), ("B", 1), ("C", None), ("D", None)]


def test_both_lists_hold_each_place_equally_often() -> None:
    rng = random.Random(3)
    firsts = Counter(team_draft(list("ABCD"), list("DCBA"), rng=rng)[0][1] for _ in range(2_000))
    assert firsts[0] == pytest.approx(1_000, abs=100)
