from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7001_outbox_and_locks")]

    operations = [
        migrations.AddIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "user", "created"], name="proctoring_attempt_learners"
            ),
        ),
        migrations.AddIndex(
            model_name="ProctoredExamStudentAttempt",
            index=models.Index(
                fields=["proctored_exam", "created", "user"], name="proctoring_attempt_newest"
            ),
        ),
    ]
