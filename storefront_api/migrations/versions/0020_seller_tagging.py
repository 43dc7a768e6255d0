"""Tags as sellers meet them: asked beside a draft or by a job over the catalogue, with evidence; photographs of listings."""

from alembic import op

revision = "0020"
down_revision = "0019"

TABLES = r"""
create table shop.tagging_jobs (
    tagging_job_id      text primary key,
    seller_id           text not null references shop.sellers,
    requested_by        text not null references shop.users,
    product_count       integer not null check (product_count >= 0),
    done_count          integer not null default 0 check (done_count >= 0),
    suggestion_count    integer not null default 0 check (suggestion_count >= 0),
    last_product_id     text,
    model_version       text,
    started_at          timestamptz not null,
    waiting_since       timestamptz,
    finished_at         timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);
create unique index tagging_jobs_open on shop.tagging_jobs (seller_id) where finished_at is null;
create index tagging_jobs_seller on shop.tagging_jobs (seller_id, started_at desc);
create trigger touch_updated_at before update on shop.tagging_jobs for each row execute function shop.touch_updated_at();
comment on table shop.tagging_jobs is 'a seller''s whole catalogue on its way through the tagging model, in order of product_id';
comment on column shop.tagging_jobs.last_product_id is 'all up to and including this one are done, in transactions of their own';
comment on column shop.tagging_jobs.waiting_since is 'since when the tagging service has not answered; null while it does';

alter table shop.tag_suggestions
    add column listing_id text,
    add column category_id text references shop.categories,
    add column evidence_source text check (evidence_source in ('title', 'description', 'picture', 'inferred')),
    add column evidence_start integer,
    add column evidence_end integer,
    add column alternatives jsonb not null default '[]',
    add column is_sure boolean not null default false,
    add column tagging_job_id text references shop.tagging_jobs,
    add column answered_by text references shop.users,
    add column answered_in text check (answered_in in ('listing', 'review', 'save')),
    drop constraint tag_suggestions_status_check,
    add constraint tag_suggestions_status_check
        check (status in ('suggested', 'accepted', 'changed', 'refused', 'settled', 'superseded'));
create unique index tag_suggestions_once on shop.tag_suggestions
    (seller_id, listing_id, attribute, suggested_value, model_version) where listing_id is not null;
create index tag_suggestions_waiting on shop.tag_suggestions (seller_id, product_id) where status = 'suggested';
create index tag_suggestions_answered on shop.tag_suggestions (seller_id, answered_at) where answered_at is not null;
comment on column shop.tag_suggestions.listing_id is 'the product, or the draft that is not one yet';
comment on column shop.tag_suggestions.category_id is 'of the listing when this was suggested; acceptance is told by it';
comment on column shop.tag_suggestions.status is 'suggested waits for the seller; settled needed no answer, because the listing '
    'said so already or the seller had answered before; superseded was not answered before the model said otherwise';
comment on column shop.tag_suggestions.answered_in is 'beside the listing, in the review list, or by what was saved in the form';

alter table raw_shop.tag_suggestions
    add column listing_id text, add column category_id text, add column evidence_source text, add column evidence_start integer,
    add column evidence_end integer, add column alternatives jsonb, add column is_sure boolean, add column tagging_job_id text,
    add column answered_in text;

create table shop.listing_photos (
    seller_id           text not null references shop.sellers,
    listing_id          text not null,
    photo               bytea not null,
    thumbnail           bytea not null,
    content_hash        text not null,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (listing_id, seller_id)
);
create index listing_photos_drafts on shop.listing_photos (updated_at) where listing_id like 'draft\_%';
create trigger touch_updated_at before update on shop.listing_photos for each row execute function shop.touch_updated_at();
comment on table shop.listing_photos is 'JPEG without what a camera adds; the thumbnail is what the tagging model looks at';

alter table shop.stock_moves
    drop constraint stock_moves_reason_check,
    add constraint stock_moves_reason_check
        check (reason in ('opening', 'sale', 'release', 'return', 'restock', 'correction'));
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("update shop.stock_moves set reason = 'restock' where reason = 'correction'")
    op.execute(
        "alter table shop.stock_moves drop constraint stock_moves_reason_check, add constraint stock_moves_reason_check "
        "check (reason in ('opening', 'sale', 'release', 'return', 'restock'))"
    )
    op.execute("delete from shop.tag_suggestions where status in ('settled', 'superseded')")
    columns = (
        "listing_id", "category_id", "evidence_source", "evidence_start", "evidence_end", "alternatives", "is_sure",
        "tagging_job_id", "answered_in",
    )  # fmt: skip
    dropped = ", ".join(f"drop column {column}" for column in columns)
    op.execute(f"alter table raw_shop.tag_suggestions {dropped}")
    op.execute(
        f"drop index shop.tag_suggestions_answered; alter table shop.tag_suggestions {dropped}, drop column answered_by, "
        "drop constraint tag_suggestions_status_check, "
        "add constraint tag_suggestions_status_check check (status in ('suggested', 'accepted', 'changed', 'refused'))"
    )
    op.execute("drop table shop.listing_photos, shop.tagging_jobs")
