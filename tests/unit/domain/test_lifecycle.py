"""Which state may follow which: every state is reached, and what is final stays."""

from __future__ import annotations

import pytest

from fhirsvc.domain.lifecycle import JobState, SubmissionState, may_become

FINAL = [SubmissionState.COMPLETED, SubmissionState.FAILED, JobState.DONE, JobState.DEAD]
FIRST = [SubmissionState.RECEIVED, JobState.READY]
STATES = [*SubmissionState, *JobState]


@pytest.mark.parametrize("state", FINAL)
def test_nothing_follows_what_is_final(state: SubmissionState | JobState) -> None:
    assert not [after for after in STATES if state in may_become(after)]


@pytest.mark.parametrize("state", STATES)
def test_every_other_state_follows_one_of_its_own_kind(state: SubmissionState | JobState) -> None:
    before = may_become(state)
    assert bool(before) is (state not in FIRST)
    assert all(type(each) is type(state) for each in before)


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_there_is_a_way_to_an_end(state: SubmissionState | JobState) -> None:
    reached = {state}
    for _ in STATES:
        reached |= {after for after in STATES if reached & may_become(after)}
    assert reached & set(FINAL)
