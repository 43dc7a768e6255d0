"""Feast's definitions of every feature, and the one reader that training and serving share."""

import typeguard

# Feast decorates its classes with typeguard, which rewrites their source at every import: three seconds of CPU in each
# process that reads a feature. It checks Feast's own arguments only, and does nothing under `python -O` either.
typeguard.typechecked = lambda target=None, **_: target if target is not None else (lambda decorated: decorated)  # type: ignore[assignment]
