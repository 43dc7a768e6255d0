"""What an analyst looks at beside the score: distances, counters at that moment, and the timeline. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from marketplace.contracts.fraud import Velocity
from marketplace.distance import great_circle_km
from marketplace.travel import kilometres_an_hour
from storefront_api.fraud_reviews.case_schemas import Distance, Moment, Place, Travel

_END_A_SNOOZE = {f"fraud_case.{verb}" for verb in ("claimed", "assigned", "decided", "snoozed")}
# The label and the note themselves say more than the audit's line.
_SAID_OTHERWISE = {"fraud_case.decided", "fraud_case.noted"}


def places_of(attempt: Mapping[str, Any]) -> list[Place]:
    """Network, parcel and card address of the attempt."""
    return [
        Place(
            name=name,
            country_code=attempt[f"{name}_country_code"],
            city=attempt.get(f"{name}_city"),
            latitude=attempt[f"{name}_latitude"],
            longitude=attempt[f"{name}_longitude"],
        )
        for name in ("ip", "shipping", "billing")
    ]


def distances_between(places: Sequence[Place]) -> list[Distance]:
    """Kilometres between each two places whose coordinates are known."""
    apart = ((a, b, great_circle_km(a.latitude, a.longitude, b.latitude, b.longitude)) for a, b in combinations(places, 2))
    return [Distance(between=f"{a.word} to {b.word}", km=round(km, 1)) for a, b, km in apart if km is not None]


def travel_since(attempt: Mapping[str, Any], previous: Mapping[str, Any] | None) -> Travel | None:
    """From the last attempt's network to this one's; None where either is unknown."""
    if previous is None:
        return None
    km = great_circle_km(attempt["ip_latitude"], attempt["ip_longitude"], previous["ip_latitude"], previous["ip_longitude"])
    if km is None:
        return None
    speed = kilometres_an_hour(km, attempt["attempted_at"] - previous["attempted_at"])
    return Travel(previous_at=previous["attempted_at"], km=round(km, 1), km_per_hour=round(speed, 1))


def velocity_in(decision: Mapping[str, Any]) -> dict[str, int]:
    """The counters as checkout counted them when it decided; decisions of before inputs were kept have those of the model."""
    counted = (decision["inputs"] or {}).get("request", {}).get("velocity") or decision["features"]
    return {name: int(counted[name]) for name in Velocity.model_fields if counted.get(name) is not None}


def timeline(
    case: Mapping[str, Any],
    attempt: Mapping[str, Any],
    decisions: Sequence[Mapping[str, Any]],
    labels: Sequence[Mapping[str, Any]],
    notes: Sequence[Mapping[str, Any]],
    audit: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> list[Moment]:
    """What happened around the attempt until `now`, oldest first."""
    # the attempt takes its instant from the database's clock, a little after the request that decides it took its own
    paid_at = min([attempt["attempted_at"], *(decision["decided_at"] for decision in decisions)])
    moments = [
        Moment(at=attempt["signed_up_at"], title="Account opened"),
        Moment(at=paid_at, title="Payment attempted", detail=f"by {attempt['method'].replace('_', ' ')}"),
    ]
    if attempt["session_started_at"]:
        pages = attempt["viewed_page_count"]
        moments.append(Moment(at=attempt["session_started_at"], title="Session began", detail=_pages(pages)))
    first_decided_at = min((decision["decided_at"] for decision in decisions), default=None)
    for decision in decisions:
        by = f"model version {decision['model_version']}, " if decision["model_version"] else "rules only, "
        # a later one comes from the model that could not be asked at checkout
        who = "Checkout decided" if decision["decided_at"] == first_decided_at else "Scored again"
        moments.append(
            Moment(
                at=decision["decided_at"],
                title=f"{who}: {decision['decision'].replace('_', ' ')}",
                detail=by + decision["rules_version"],
                kind="plain" if decision["decision"] == "approve" else "bad",
            )
        )
    moments.append(Moment(at=case["opened_at"], title="Case opened"))
    moments += [
        Moment(
            at=label["labelled_at"],
            title=f"Labelled {label['outcome']}",
            detail=" · ".join(filter(None, (label["label_source"], label["labelled_by_name"], label["reason"]))),
            kind={"fraud": "bad", "legitimate": "good"}.get(label["outcome"], "plain"),  # type: ignore[arg-type]
        )
        for label in labels
    ]
    moments += [
        Moment(at=entry["occurred_at"], title=_said(entry["action"]), detail=_detail(entry))
        for entry in audit
        if entry["action"] not in _SAID_OTHERWISE
    ]
    moments += [Moment(at=at, title="Back in the queue by itself") for at in _returns(case, audit, now=now)]
    moments += [Moment(at=note["written_at"], title=f"Note by {note['written_by_name']}", detail=note["body"]) for note in notes]
    return sorted(moments, key=_order)


def _pages(count: int) -> str:
    return f"{count} {'page or search' if count == 1 else 'pages and searches'} until payment"


def _said(action: str) -> str:
    object_type, _, verb = action.partition(".")
    return f"{object_type} {verb}".replace("_", " ").strip().capitalize()


def _detail(entry: Mapping[str, Any]) -> str:
    """Who did it, and what belongs to it: to whom, which tag, until when, and why where it was put off."""
    details, by = entry["details"] or {}, f"by {entry['actor_name']}"
    match entry["action"]:
        case "fraud_case.assigned":
            return f"to {details['analyst_name']}, {by}"
        case "fraud_case.tagged" | "fraud_case.untagged":
            return f"{details['tag']}, {by}"
        case "fraud_case.snoozed":
            until = datetime.fromisoformat(details["until"]).astimezone(UTC)
            return f"until {until:%d %b %Y, %H:%M} UTC, {by}: {entry['reason']}"
    return by


def _returns(case: Mapping[str, Any], audit: Sequence[Mapping[str, Any]], *, now: datetime) -> list[datetime]:
    """When snoozes ran out that nobody had ended before."""
    found = []
    for entry in audit:
        if entry["action"] != "fraud_case.snoozed":
            continue
        until = datetime.fromisoformat(entry["details"]["until"])
        ends = [one["occurred_at"] for one in audit if one["action"] in _END_A_SNOOZE] + [case["closed_at"] or until]
        if until <= now and not any(entry["occurred_at"] < at < until for at in ends):
            found.append(until)
    return found


def _order(moment: Moment) -> datetime:
    return moment.at
