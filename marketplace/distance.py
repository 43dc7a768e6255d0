"""Distance on the globe, shared by rules and request features so that both measure alike."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


def great_circle_km(
    latitude: float | None, longitude: float | None, other_latitude: float | None, other_longitude: float | None
) -> float | None:
    """Kilometres between two places given in degrees (haversine); None when either is unknown."""
    if latitude is None or longitude is None or other_latitude is None or other_longitude is None:
        return None
    one, two = radians(latitude), radians(other_latitude)
    half_chord = sin((two - one) / 2) ** 2 + cos(one) * cos(two) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, half_chord)))
