from django.db import migrations, models

from edx_proctoring.migrations._indexes import BuildIndex


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7007_bulk_actions")]

    atomic = False  # see _indexes
    operations = [
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=[
                    "proctored_exam", "status", "created", "user", "ready_to_resume", "resumed", "id",
                ],
                name="proctoring_attempt_status",
            ),
        ),
        BuildIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "is_resumable", "created", "user"],
                name="proctoring_attempt_resumable",
            ),
        ),
    ]
