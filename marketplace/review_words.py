"""The words of a review in `marts.fct_reviews`, in SQL: stars alone are nothing to read, to learn from, or to watch."""

TEXT = "concat_ws('. ', title, body)"
HAS_WORDS = "concat_ws('', title, body) <> ''"
