"""What reviews say: their tone and the themes that come back; conversations are found when a message arrives."""

from alembic import op

revision = "0022"
down_revision = "0021"

TABLES = """
create table predictions.review_tones (
    review_id           text primary key,
    seller_id           text not null,
    tone                text not null check (tone in ('negative', 'mixed', 'positive')),
    probability         double precision not null,
    model_version       text not null,
    computed_at         timestamptz not null
);
create index review_tones_seller on predictions.review_tones (seller_id);
comment on table predictions.review_tones is 'how the words of a review read, whatever its stars';

create table predictions.review_themes (
    seller_id           text not null,
    phrase              text not null,
    kind                text not null check (kind in ('praise', 'complaint')),
    review_count        integer not null check (review_count >= 3),
    star_mean           double precision not null,
    quotes              text[] not null,
    model_version       text not null,
    computed_at         timestamptz not null,
    primary key (seller_id, phrase)
);
comment on column predictions.review_themes.quotes is 'reviews that hold the phrase; their words stay in the shop';

create index messages_raw_conversation on raw_shop.messages (seller_id, customer_id);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop index raw_shop.messages_raw_conversation")
    op.execute("drop table predictions.review_themes, predictions.review_tones")
