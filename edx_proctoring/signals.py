"""Signals for the host."""

from django.dispatch import Signal

# Sent after an attempt was created or changed its status, with sender "edx_proctoring" and the arguments attempt_id,
# user_id, status, full_name, profile_name, is_practice_exam, is_proctored, backend_supports_onboarding.
exam_attempt_status_signal = Signal()
