"""The cookie of the browser that takes an exam."""

from edx_proctoring import exam_cookie


def test_a_pass_is_for_one_attempt_of_one_learner():
    known = exam_cookie.exam_pass("CODE", 1)
    assert known == exam_cookie.exam_pass("CODE", 1)
    assert len({known, exam_cookie.exam_pass("CODE", 2), exam_cookie.exam_pass("ELSE", 1)}) == 3
