"""One source counts once, and several sources serve as many items as possible (RULES 3.1)."""

from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.readings import assign

SOURCES = st.frozensets(st.sampled_from(["a", "b", "c", "d"]), min_size=1)


def test_two_items_of_one_source_count_once_and_the_earlier_item_keeps_it() -> None:
    assert assign([("EMG", frozenset({"report"})), ("DX", frozenset({"report"}))]) == {"EMG": "report"}


def test_an_item_with_a_second_source_leaves_the_shared_one_to_the_other() -> None:
    served = assign([("RADSX", frozenset({"a", "b"})), ("SLR", frozenset({"a"}))])
    assert served == {"RADSX": "b", "SLR": "a"}


@given(st.lists(SOURCES, max_size=6))
def test_every_served_item_has_a_source_of_its_own_and_an_earlier_item_is_never_displaced(
    sources: list[frozenset[str]],
) -> None:
    items = [(f"item-{number}", each) for number, each in enumerate(sources)]
    served = assign(items)
    assert len(set(served.values())) == len(served)
    assert all(served[name] in sources[int(name.split("-")[1])] for name in served)
    for count in range(len(items)):
        assert set(assign(items[:count])) <= set(served)
