"""How fast a customer's connection moved from one attempt to pay to the next."""

from datetime import timedelta

from marketplace.distance import great_circle_km

# An earlier attempt says where somebody came from for so long.
LOOK_BACK = timedelta(days=90)
# Within the same minute any distance would be a speed beyond measure.
SHORTEST = timedelta(minutes=1)


def travel_kmh(
    latitude: float | None, longitude: float | None, other_latitude: float | None, other_longitude: float | None, took: timedelta
) -> float | None:
    """Kilometres an hour between two places in degrees; None when either is unknown."""
    km = great_circle_km(latitude, longitude, other_latitude, other_longitude)
    return None if km is None else kilometres_an_hour(km, took)


def kilometres_an_hour(km: float, took: timedelta) -> float:
    """The speed of a way that took so long."""
    return km / (max(took, SHORTEST) / timedelta(hours=1))
