"""One name for a house, so that attempts of different people are compared by where things go without their addresses."""

import hashlib


def address_hash(line_1: str, city: str) -> str:
    """32 hexadecimal digits, the same for the same street and city however they are capitalised."""
    return hashlib.sha256(f"{line_1}|{city}".lower().encode()).hexdigest()[:32]
