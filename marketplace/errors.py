"""The errors that CustomiseYou raises on purpose, each with a stable code.

A message says what was wrong, what came and what to do; `storefront_api/problems.py` maps a class to an HTTP status.
"""


class MarketplaceError(Exception):
    """Base of every error raised on purpose; `code` is stable and safe to show."""

    code = "marketplace_error"


class MissingColumnsError(MarketplaceError):
    """A table or frame lacks columns that its reader needs."""

    code = "missing_columns"


class InvalidInputError(MarketplaceError):
    """A file, row or request has the right shape but values that cannot be used."""

    code = "invalid_input"


class EmptyTrainingSetError(MarketplaceError):
    """No rows, or no rows of one class, to train on."""

    code = "empty_training_set"


class NotFittedError(MarketplaceError):
    """A model is asked for answers before it was trained."""

    code = "not_fitted"


class ModelUnavailableError(MarketplaceError):
    """No version of a model can be loaded, or its service does not answer in time."""

    code = "model_unavailable"


class FeaturesMissingError(MarketplaceError):
    """The feature store lacks a view, a service or the rows asked for."""

    code = "features_missing"


class NotFoundError(MarketplaceError):
    """The object does not exist, or the caller may not know that it does."""

    code = "not_found"


class ConflictError(MarketplaceError):
    """The request was right but the state of the object forbids it."""

    code = "conflict"


class StaleError(MarketplaceError):
    """The object is not any more the one that the caller saw and wants to change."""

    code = "stale"


class OutOfStockError(ConflictError):
    """Fewer units are left than were asked for."""

    code = "out_of_stock"


class IdempotencyConflictError(ConflictError):
    """The same key came with the same request while the first is still being answered."""

    code = "idempotency_in_flight"


class IdempotencyMismatchError(MarketplaceError):
    """An idempotency key was used again for another request."""

    code = "idempotency_mismatch"


class AuthenticationError(MarketplaceError):
    """Nobody is signed in, or the proof of it is wrong or expired."""

    code = "authentication_required"


class PermissionDeniedError(MarketplaceError):
    """Somebody is signed in whose role may not do this."""

    code = "permission_denied"


class SettingsError(MarketplaceError):
    """A setting is missing, wrong or unsafe for the chosen profile."""

    code = "settings"


class ServiceStartError(MarketplaceError):
    """A part of the marketplace did not start or did not become ready."""

    code = "service_start"


class NotRunningError(MarketplaceError):
    """The command needs the running marketplace, and none runs here."""

    code = "not_running"
