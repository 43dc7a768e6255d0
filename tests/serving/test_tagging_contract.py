"""The tagging contract: what an older caller sends and gets still fits, pictures travel as base64 and are bounded."""

import base64

import pytest
from pydantic import ValidationError

from marketplace.contracts.tagging import MAX_PICTURE_CHARACTERS, TagRequest, TagResponse


def test_a_listing_of_words_alone_is_a_request_and_its_picture_travels_as_base64():
    assert TagRequest.model_validate({"title": "Green mug", "description": ""}).picture is None
    sent = TagRequest(title="Green mug", picture=base64.b64encode(b"\x89PNG").decode()).model_dump_json()
    assert TagRequest.model_validate_json(sent).picture_bytes == b"\x89PNG"


@pytest.mark.parametrize("picture", ["no base64 at all!", base64.b64encode(b"0" * (MAX_PICTURE_CHARACTERS)).decode()])
def test_what_is_no_base64_or_too_large_is_refused(picture):
    with pytest.raises(ValidationError):
        TagRequest.model_validate({"title": "Green mug", "picture": picture})


def test_an_answer_of_an_older_service_still_reads():
    held = TagResponse.model_validate(
        {
            "model": "tagging",
            "version": "1",
            "categories": [{"category_id": "mug", "path": "Mugs", "probability": 0.9}],
            "attributes": [{"attribute": "colour", "value": "green", "probability": 0.9, "evidence": "Green"}],
            "has_abstained": False,
        }
    )
    assert (held.level, held.allowed_attributes) == (None, [])
