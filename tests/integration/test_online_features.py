"""What the online store answers is what the feature tables hold, for every view, also after the relay was killed."""

from tests.living import Living
from tests.online_offline import VIEWS, differences
from tests.relay_kills import assert_nothing_lost_or_doubled, clicks_while_the_relay_dies


def test_online_equals_offline_for_every_view(living: Living) -> None:
    compared, wrong = differences(living)
    assert set(compared) == set(VIEWS)
    assert min(compared.values()) > 0
    assert wrong == []


def test_killed_relay_loses_and_doubles_nothing(living: Living) -> None:
    assert_nothing_lost_or_doubled(clicks_while_the_relay_dies(living, kills=2))
