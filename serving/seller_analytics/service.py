"""The seller analytics service: what a seller's next days are likely to bring."""

import bentoml

from marketplace.contracts.seller_analytics import ForecastDay, ForecastRequest, ForecastResponse
from marketplace.vocabulary import ModelName
from models.seller_analytics import SellerAnalyticsModel
from serving.model_service import ModelService, endpoint, options


@bentoml.service(**options(ModelName.SELLER_ANALYTICS))
class SellerAnalyticsService(ModelService[SellerAnalyticsModel]):
    """Forecasts from the sales that the model was fitted on; a seller with too few gets no number."""

    def __init__(self) -> None:
        super().__init__(ModelName.SELLER_ANALYTICS, SellerAnalyticsModel.load)

    @endpoint
    def forecast(self, request: ForecastRequest, /) -> ForecastResponse:
        """Revenue per day with two bands, or `not_enough_data` and why."""
        version, model = self.champion.current
        forecast = model.forecast(request.seller_id, request.horizon_days)
        return ForecastResponse(
            model=ModelName.SELLER_ANALYTICS,
            version=version,
            seller_id=request.seller_id,
            status=forecast.status,
            currency=forecast.currency,
            days=[
                ForecastDay(
                    day=day.day,
                    revenue_minor=float(day.revenue_minor),
                    low_80=float(day.low_80),
                    high_80=float(day.high_80),
                    low_95=float(day.low_95),
                    high_95=float(day.high_95),
                )
                for day in forecast.days
            ],
            method=forecast.method,
            last_period_wape=forecast.last_period_wape,
            last_period_bias=forecast.last_period_bias,
            message=forecast.message,
        )
