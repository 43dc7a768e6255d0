"""What stands for a person in a seller's tables: always the same sign with one seller, another one with the next."""


def sign_of(column: str) -> str:
    """SQL: twelve hexadecimal digits made of the seller `%(seller_id)s` and the text in `column`."""
    return f"left(encode(sha256(convert_to(%(seller_id)s || '/' || {column}, 'UTF8')), 'hex'), 12)"
