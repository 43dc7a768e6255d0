"""What the model of reviews learns from is what is counted as news for it, and what is watched of it."""

from datetime import UTC, datetime, timedelta

from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.registry import ModelRegistry, ModelVersion, Refusal
from models.review_sentiment import load_training_set
from pipelines.defs.monitoring.measuring import measure
from pipelines.defs.monitoring.watched import watched_models
from pipelines.retraining import POLICIES, gather

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = MONDAY + timedelta(days=28)
# Of a week's reviews the third and the fourth say nothing.
WORDS = (("Lovely", None), (None, "Came late"), (None, None), ("", ""))


class Registry(ModelRegistry):
    """One champion, trained on the first two weeks."""

    def resolve(self, name: str, alias: str = "champion") -> ModelVersion | None:
        until = MONDAY + timedelta(days=14)
        return ModelVersion(name, "1", "run", "", until, {"training_cutoff": until.isoformat()}, ("champion",))

    def versions(self, name: str) -> list[ModelVersion]:
        version = self.resolve(name)
        return [version] if version else []

    def last_refusal(self, name: str) -> Refusal | None:
        return None


def test_reviews_without_words_are_not_learnt_from_nor_news_nor_watched(database_url: str) -> None:
    warehouse = Warehouse(database_url)
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists marts")
        cursor.execute(
            "create table marts.fct_reviews (review_id text, rating integer, title text, body text, reviewed_at timestamptz)"
        )
        cursor.executemany(
            "insert into marts.fct_reviews values (%s, 5, %s, %s, %s)",
            [
                (f"{week}-{number}", *words, MONDAY + timedelta(days=7 * week, hours=number))
                for week in range(4)
                for number, words in enumerate(WORDS)
            ],
        )

    learnt = load_training_set(warehouse, until=UNTIL).reviews
    facts = gather(ModelName.REVIEW_SENTIMENT, POLICIES[ModelName.REVIEW_SENTIMENT], warehouse, Registry("http://127.0.0.1:9"))
    [watched] = [one for one in watched_models() if one.model is ModelName.REVIEW_SENTIMENT]
    measure(warehouse, watched, None, until=UNTIL)
    with warehouse.connect() as connection:
        rows = connection.execute("select window_start, row_count, null_share from monitoring.drift where feature = 'word_count'")
        counted = rows.fetchall()

    assert list(learnt["text"]) == ["Lovely", "Came late"] * 4
    assert (facts.known_rows, facts.new_rows) == (4, 4)
    assert sum(count for _, count, _ in counted) == len(learnt)
    assert {share for *_, share in counted} == {0}
