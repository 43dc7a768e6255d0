"""What every model service says beside its answer."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """Base of every request and response: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Answer(Contract):
    """An answer names the registered model and the version that gave it."""

    model: str
    version: str
