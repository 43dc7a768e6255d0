-- A seller who accepts or changes a tag takes a value; who refuses it takes none.
select tag_suggestion_id, answer, final_value
from {{ ref('fct_tag_answers') }}
where (final_value is null) <> (answer = 'refused')
