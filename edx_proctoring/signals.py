"""Signals for the host."""

from django.dispatch import Signal

# Sent after an attempt was created or its status changed, with sender "edx_proctoring" and the arguments attempt_id,
# user_id, status, full_name, profile_name, is_practice_exam, is_proctored, backend_supports_onboarding.
exam_attempt_status_signal = Signal()

# Sent after an attempt gained or lost time, was paused or resumed, with sender "edx_proctoring" and the arguments
# attempt_id, exam_id, user_id, course_id, change (grant, pause, break, continue, recalculated), seconds (by which its
# end moved) and ends_at (ISO 8601; None before the start).
attempt_time_changed_signal = Signal()
