from django.db import migrations, models

from edx_proctoring.migrations._indexes import BuildIndex

COLUMNS = {
    "proctoring_attempt_by_id": ["id"],
    "proctoring_attempt_by_start": ["started_at", "id"],
    "proctoring_attempt_by_end": ["completed_at", "id", "user", "created"],
    "proctoring_attempt_by_limit": ["allowed_time_limit_mins", "id"],
    "proctoring_attempt_by_status": ["status", "id", "user", "created"],
}


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7009_released_comments")]

    atomic = False  # see _indexes
    operations = [
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(fields=["proctored_exam", *columns], name=name),
        )
        for name, columns in COLUMNS.items()
    ]
