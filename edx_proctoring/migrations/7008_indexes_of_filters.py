from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7007_bulk_actions")]

    operations = [
        migrations.AddIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "status", "created", "user"],
                name="proctoring_attempt_status",
            ),
        ),
        migrations.AddIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "is_resumable", "created", "user"],
                name="proctoring_attempt_resumable",
            ),
        ),
    ]
