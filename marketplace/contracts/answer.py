"""What every model service says beside its answer."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Base of every request and response: unknown fields are refused, and no value shows in an error's text or log."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), hide_input_in_errors=True)


class Answer(Contract):
    """An answer names the registered model and the version that gave it.

    `is_degraded` says that stored features could not be read, so the model had only what came with the request.
    """

    model: str
    version: str
    is_degraded: bool = False
