from django.db import migrations, models

from edx_proctoring.migrations._indexes import BuildFieldIndex, BuildIndex


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7001_outbox_and_locks")]

    atomic = False  # see _indexes
    operations = [
        BuildFieldIndex(
            model_name="HistoricalProctoredExam",
            name="history_date",
            field=models.DateTimeField(db_index=True),
        ),
        BuildFieldIndex(
            model_name="HistoricalProctoredExamStudentAttempt",
            name="history_date",
            field=models.DateTimeField(db_index=True),
        ),
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["user", "proctored_exam", "created"], name="proctoring_attempt_pair"
            ),
        ),
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(fields=["status", "started_at"], name="proctoring_attempt_running"),
        ),
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "user", "created"], name="proctoring_attempt_learners"
            ),
        ),
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "created", "user"], name="proctoring_attempt_newest"
            ),
        ),
    ]
