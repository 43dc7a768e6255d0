"""What the audit is asked and what it answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class AuditFilters(BaseModel):
    """Which entries; what is left out does not narrow."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    search: str | None = Field(default=None, max_length=100, description="part of the reason or the actor's name, or a whole id")
    action: str | None = Field(default=None, max_length=64)
    actor_id: str | None = Field(default=None, max_length=64)
    occurred_from: datetime | None = Field(default=None, description="entries of this instant or later")
    occurred_before: datetime | None = None


class AuditQuery(AuditFilters):
    """Filters and a page of what they let through."""

    cursor: str | None = Field(default=None, max_length=400)
    limit: int = Field(default=50, ge=1, le=100)


class AuditEntry(BaseModel):
    """One thing that somebody did; `actor_name` is null where the shop itself did it."""

    audit_id: int
    occurred_at: datetime
    actor_id: str | None
    actor_name: str | None
    action: str
    object_type: str
    object_id: str
    fraud_case_id: str | None = Field(description="the case that it was done to, or the case of its order")
    reason: str | None
    details: dict[str, Any]


class AuditPage(BaseModel):
    """One page, the newest entry first; `next_cursor` is null on the last."""

    items: list[AuditEntry]
    next_cursor: str | None
