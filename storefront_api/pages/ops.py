"""The operator's pages: alerts at once, every other section by itself so that a slow part holds up nothing, a card per model."""

from fastapi import APIRouter
from fastapi.responses import Response

from marketplace.vocabulary import ModelName, Role, Stream
from storefront_api.ops import drift, models, service
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.markdown import blocks_of

router = APIRouter(prefix="/ops", include_in_schema=False)

# What can be looked at, in the order of the page.
_WATCHED = (
    (ModelName.FRAUD, Stream.INPUTS, "Fraud"),
    (ModelName.FRAUD, Stream.DECISIONS, "Fraud, live decisions"),
    (ModelName.FRAUD, Stream.ESTIMATES, "Fraud, estimated performance"),
    (ModelName.FRAUD, Stream.REALISED, "Fraud, realised performance"),
    (ModelName.RECOMMENDATION, Stream.INPUTS, "Recommendation"),
    (ModelName.RECOMMENDATION, Stream.IMPRESSIONS, "Recommendation, shown and clicked"),
    (ModelName.TAGGING, Stream.INPUTS, "Tagging"),
    (ModelName.SELLER_ANALYTICS, Stream.INPUTS, "Seller analytics"),
    (ModelName.OUTLOOK, Stream.INPUTS, "Outlook"),
    (ModelName.REVIEW_SENTIMENT, Stream.INPUTS, "Review sentiment"),
)


@router.get("")
async def overview_page(page: PageContext) -> Response:
    """Alerts, and the places of the other sections, which load by themselves."""
    _need(page)
    alerts = await drift.alerts(page.connection)
    origin, _ = await service.source_of(page.connection, now=page.now)
    return page.render("ops/overview.html", section="ops", alerts=alerts, origin=origin, settings=page.settings)


@router.get("/sections/parts")
async def parts_section(page: PageContext) -> Response:
    """Processes and the outbox."""
    _need(page)
    parts, outbox = await service.parts(page.settings), await service.outbox(page.connection)
    return page.render("ops/parts.html", parts_up=parts, outbox=outbox)


@router.get("/sections/models")
async def models_section(page: PageContext) -> Response:
    """Versions, how they were judged, and what is wrong with any."""
    _need(page)
    found = await service.registered_models(page.connection, page.settings)
    return page.render("ops/models.html", models=found, settings=page.settings)


@router.get("/sections/runs")
async def runs_section(page: PageContext) -> Response:
    """The newest runs of the pipeline."""
    _need(page)
    return page.render("ops/runs.html", runs=await service.runs(page.settings), settings=page.settings)


@router.get("/sections/freshness")
async def freshness_section(page: PageContext) -> Response:
    """Every table by stage, judged by the clock of its source."""
    _need(page)
    origin, tables = await service.fresh_tables(page.connection, page.settings, now=page.now)
    return page.render("ops/freshness.html", origin=origin, tables=tables)


@router.get("/sections/quarantine")
async def quarantine_section(page: PageContext) -> Response:
    """Rows that did not fit, by reason."""
    _need(page)
    return page.render("ops/quarantined.html", rows=await service.quarantine(page.connection, limit=6))


@router.get("/sections/drift")
async def drift_section(page: PageContext, model: ModelName = ModelName.FRAUD, stream: Stream = Stream.INPUTS) -> Response:
    """Drift of one model, of what it reads or of its live answers."""
    _need(page)
    found = await service.drift_of(page.connection, model, stream)
    return page.render("ops/drift.html", drift=found, watched=_WATCHED)


@router.get("/models/{name}")
async def model_page(page: PageContext, name: str) -> Response:
    """The card of the version that serves."""
    _need(page)
    model = await models.model_card(page.connection, page.settings, name)
    return page.render("ops/model.html", section="ops", model=model, card_blocks=blocks_of(model.card or ""))


def _need(page: Page) -> None:
    page.need(Role.ADMIN, Role.ANALYST)
