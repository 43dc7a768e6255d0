"""Published lists: what was written comes back, readers see one whole version at any time, a broken one changes nothing."""

import multiprocessing
import os
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import top_lists
from marketplace.errors import InvalidInputError
from marketplace.top_lists import Listed, TopLists

NOW = "2026-01-02T00:00:00+00:00"


def publish(folder: Path, version: str, *, customers: int = 40, places: int = 5) -> str:
    """Lists in which every source and every reason names the version."""
    lists = [
        (
            f"c{number}",
            [Listed(f"p{(number + place) % 9}-{version}", 1 / (place + 1), version, version) for place in range(places)],
        )
        for number in range(customers)
    ]
    return top_lists.publish(folder, lists, model="recommendation", version=version, computed_at=NOW)


def served(lists: TopLists) -> str | None:
    return lists.version.version if lists.version is not None else None


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
places = st.builds(Listed, texts, st.floats(0, 9, width=32), st.sampled_from(["content", "trending"]), texts)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(texts, st.lists(places, max_size=6), max_size=8), texts)
def test_every_customer_gets_their_list_back_and_a_stranger_none(lists: dict[str, list[Listed]], stranger: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        top_lists.publish(Path(folder), lists.items(), model="m", version="3", computed_at=NOW, places=4)
        version = TopLists(Path(folder), look_every=0).version
        assert version is not None
        for customer_id, listed in lists.items():
            assert version.of(customer_id) == listed[:4]
            said = orjson.loads(version.as_json(customer_id) or b"")
            assert said == {
                "customer_id": customer_id,
                "model": "m",
                "version": "3",
                "computed_at": NOW,
                "product_ids": [one.product_id for one in listed[:4]],
                "sources": [one.source for one in listed[:4]],
            }
        for nobody in {stranger, f"{stranger}{'x' * 60}", f"{stranger}\0"} - set(lists):
            assert version.of(nobody) == []
            assert version.as_json(nobody) is None


def test_nothing_published_is_no_list(tmp_path: Path) -> None:
    lists = TopLists(tmp_path / "never", look_every=0)
    assert lists.version is None
    assert lists.of("c1") is None
    publish(tmp_path / "never", "1")
    assert served(lists) == "1"


def test_new_version_is_served_at_once_and_the_last_two_stay(tmp_path: Path) -> None:
    lists = TopLists(tmp_path, look_every=0)
    for version in ("1", "2", "3"):
        publish(tmp_path, version)
        assert served(lists) == version
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00000002", "00000003", "current"]


@pytest.mark.parametrize("broken", ["cut", "no about", "not json", "gone", "nonsense in current", "empty current"])
def test_broken_version_leaves_the_last_good_one(tmp_path: Path, broken: str) -> None:
    publish(tmp_path, "1")
    lists = TopLists(tmp_path, look_every=0)
    before = lists.of("c7")
    assert before is not None
    name = publish(tmp_path, "2")
    folder = tmp_path / name
    match broken:
        case "cut":
            os.truncate(folder / "places.bin", (folder / "places.bin").stat().st_size - 4)
        case "no about":
            (folder / "about.json").unlink()
        case "not json":
            (folder / "reasons.json").write_bytes(b'["half')
        case "gone":
            folder.rename(tmp_path / "elsewhere")
        case "nonsense in current":
            (tmp_path / "current").write_bytes(b"\xff../..")
        case "empty current":
            (tmp_path / "current").write_bytes(b"")
    assert lists.of("c7") == before
    assert served(TopLists(tmp_path, look_every=0)) is None
    publish(tmp_path, "3")
    assert served(lists) == "3"


def test_killed_writer_leaves_the_last_good_one_and_its_remains_are_cleared(tmp_path: Path) -> None:
    publish(tmp_path, "1")

    def dying():  # type: ignore[no-untyped-def]
        yield "c1", [Listed("p1", 1.0, "content", "said")]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        top_lists.publish(tmp_path, dying(), model="m", version="2", computed_at=NOW)
    assert list(tmp_path.glob(".writing-*"))
    assert served(TopLists(tmp_path, look_every=0)) == "1"
    publish(tmp_path, "3")
    assert not list(tmp_path.glob(".writing-*"))


def test_readers_see_whole_versions_while_they_are_swapped(tmp_path: Path) -> None:
    publish(tmp_path, "0")
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_publish_many, args=(tmp_path, 30))
    writer.start()
    lists, seen = TopLists(tmp_path, look_every=0), set()
    while writer.is_alive():
        for number in range(40):
            found = lists.of(f"c{number}")
            assert found is not None
            version, listed = found
            assert [one.product_id for one in listed] == [f"p{(number + place) % 9}-{version.version}" for place in range(5)]
            assert {one.source for one in listed} | {one.reason for one in listed} == {version.version}
            seen.add(version.version)
    writer.join()
    assert writer.exitcode == 0
    assert len(seen) > 2
    assert served(lists) == "30"


def _publish_many(folder: Path, count: int) -> None:
    for version in range(1, count + 1):
        publish(folder, str(version))


def test_customer_with_two_lists_is_refused(tmp_path: Path) -> None:
    twice = [("c1", [Listed("p1", 1.0, "content", "said")])] * 2
    with pytest.raises(InvalidInputError, match="1 customers have two lists"):
        top_lists.publish(tmp_path, twice, model="m", version="1", computed_at=NOW)
    assert TopLists(tmp_path, look_every=0).version is None
