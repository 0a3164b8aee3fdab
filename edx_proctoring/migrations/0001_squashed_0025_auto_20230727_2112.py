import django.db.models.deletion
import django.utils.timezone
import model_utils.fields
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("edx_proctoring", "0001_initial"),
        ("edx_proctoring", "0002_proctoredexamstudentattempt_is_status_acknowledged"),
        ("edx_proctoring", "0003_auto_20160101_0525"),
        ("edx_proctoring", "0004_auto_20160201_0523"),
        ("edx_proctoring", "0005_proctoredexam_hide_after_due"),
        ("edx_proctoring", "0006_allowed_time_limit_mins"),
        ("edx_proctoring", "0007_proctoredexam_backend"),
        ("edx_proctoring", "0008_auto_20181116_1551"),
        ("edx_proctoring", "0009_proctoredexamreviewpolicy_remove_rules"),
        ("edx_proctoring", "0010_update_backend"),
        ("edx_proctoring", "0011_allow_multiple_attempts"),
        ("edx_proctoring", "0012_proctoredexamstudentattempt_time_remaining_seconds"),
        ("edx_proctoring", "0013_proctoredexamsoftwaresecurereview_is_active_attempt"),
        ("edx_proctoring", "0014_add_is_resumable_to_proctoredexamstudentattempt"),
        ("edx_proctoring", "0015_rm_proctoredexamstudentattempt_ips"),
        ("edx_proctoring", "0016_nullable_proctoredexamstudentattempt_name"),
        ("edx_proctoring", "0017_rm_proctoredexamstudentattempt_name"),
        ("edx_proctoring", "0018_historicalproctoredexamstudentattempt"),
        ("edx_proctoring", "0019_proctoredexamsoftwaresecurereview_encrypted_video_url"),
        ("edx_proctoring", "0020_auto_20211028_1915"),
        ("edx_proctoring", "0021_auto_20211029_1353"),
        ("edx_proctoring", "0022_proctoredexamstudentattempt_add_readytoresume_resumed"),
        ("edx_proctoring", "0023_historicalproctoredexam"),
        ("edx_proctoring", "0024_delete_proctoredexamstudentattempthistory"),
        ("edx_proctoring", "0025_auto_20230727_2112"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalProctoredExam",
            fields=[
                (
                    "id",
                    models.IntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("course_id", models.CharField(db_index=True, max_length=255)),
                ("content_id", models.CharField(db_index=True, max_length=255)),
                ("external_id", models.CharField(db_index=True, max_length=255, null=True)),
                ("exam_name", models.TextField()),
                ("time_limit_mins", models.IntegerField()),
                ("due_date", models.DateTimeField(null=True)),
                ("is_proctored", models.BooleanField(default=False)),
                ("is_practice_exam", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=False)),
                ("hide_after_due", models.BooleanField(default=False)),
                ("backend", models.CharField(default=None, max_length=255, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical proctored exam",
                "verbose_name_plural": "historical proctored exams",
                "db_table": "proctoring_proctoredexamhistory",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ProctoredExam",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("course_id", models.CharField(db_index=True, max_length=255)),
                ("content_id", models.CharField(db_index=True, max_length=255)),
                ("external_id", models.CharField(db_index=True, max_length=255, null=True)),
                ("exam_name", models.TextField()),
                ("time_limit_mins", models.IntegerField()),
                ("due_date", models.DateTimeField(null=True)),
                ("is_proctored", models.BooleanField(default=False)),
                ("is_practice_exam", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=False)),
                ("hide_after_due", models.BooleanField(default=False)),
                ("backend", models.CharField(default=None, max_length=255, null=True)),
            ],
            options={
                "db_table": "proctoring_proctoredexam",
                "unique_together": {("course_id", "content_id")},
            },
        ),
        migrations.CreateModel(
            name="HistoricalProctoredExamStudentAttempt",
            fields=[
                (
                    "id",
                    models.IntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("attempt_code", models.CharField(db_index=True, max_length=255, null=True)),
                ("external_id", models.CharField(db_index=True, max_length=255, null=True)),
                ("allowed_time_limit_mins", models.IntegerField(null=True)),
                ("status", models.CharField(max_length=64)),
                (
                    "taking_as_proctored",
                    models.BooleanField(default=False, verbose_name="Taking as Proctored"),
                ),
                (
                    "is_sample_attempt",
                    models.BooleanField(default=False, verbose_name="Is Sample Attempt"),
                ),
                ("review_policy_id", models.IntegerField(null=True)),
                ("is_status_acknowledged", models.BooleanField(default=False)),
                ("time_remaining_seconds", models.IntegerField(null=True)),
                ("is_resumable", models.BooleanField(default=False, verbose_name="Is Resumable")),
                (
                    "ready_to_resume",
                    models.BooleanField(default=False, verbose_name="Ready to Resume"),
                ),
                ("resumed", models.BooleanField(default=False, verbose_name="Resumed")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proctored_exam",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical proctored exam attempt",
                "verbose_name_plural": "historical proctored exam attempts",
                "db_table": "proctoring_proctoredexamstudentattempt_history",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ProctoredExamReviewPolicy",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("review_policy", models.TextField(default="")),
                (
                    "proctored_exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "set_by_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "Proctored exam review policy",
                "verbose_name_plural": "Proctored exam review policies",
                "db_table": "proctoring_proctoredexamreviewpolicy",
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamReviewPolicyHistory",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("original_id", models.IntegerField(db_index=True)),
                ("review_policy", models.TextField()),
                (
                    "proctored_exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "set_by_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "proctored exam review policy history",
                "db_table": "proctoring_proctoredexamreviewpolicyhistory",
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamSoftwareSecureReview",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("attempt_code", models.CharField(db_index=True, max_length=255, unique=True)),
                ("is_attempt_active", models.BooleanField(default=True)),
                ("review_status", models.CharField(max_length=255)),
                ("raw_data", models.TextField()),
                ("encrypted_video_url", models.BinaryField(null=True)),
                (
                    "exam",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Proctored exam software secure review",
                "db_table": "proctoring_proctoredexamsoftwaresecurereview",
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamSoftwareSecureComment",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("start_time", models.IntegerField()),
                ("stop_time", models.IntegerField()),
                ("duration", models.IntegerField()),
                ("comment", models.TextField()),
                ("status", models.CharField(max_length=255)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexamsoftwaresecurereview",
                    ),
                ),
            ],
            options={
                "verbose_name": "proctored exam software secure comment",
                "db_table": "proctoring_proctoredexamstudentattemptcomment",
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamSoftwareSecureReviewHistory",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("attempt_code", models.CharField(db_index=True, max_length=255)),
                ("is_attempt_active", models.BooleanField(default=True)),
                ("review_status", models.CharField(max_length=255)),
                ("raw_data", models.TextField()),
                ("encrypted_video_url", models.BinaryField(null=True)),
                (
                    "exam",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "student",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Proctored exam review archive",
                "db_table": "proctoring_proctoredexamsoftwaresecurereviewhistory",
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamStudentAllowanceHistory",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("allowance_id", models.IntegerField()),
                ("key", models.CharField(max_length=255)),
                ("value", models.CharField(max_length=255)),
                (
                    "proctored_exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "proctored allowance history",
                "db_table": "proctoring_proctoredexamstudentallowancehistory",
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamStudentAllowance",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("value", models.CharField(max_length=255)),
                (
                    "proctored_exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "proctored allowance",
                "db_table": "proctoring_proctoredexamstudentallowance",
                "unique_together": {("user", "proctored_exam", "key")},
            },
        ),
        migrations.CreateModel(
            name="ProctoredExamStudentAttempt",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created",
                    model_utils.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "modified",
                    model_utils.fields.AutoLastModifiedField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("attempt_code", models.CharField(db_index=True, max_length=255, null=True)),
                ("external_id", models.CharField(db_index=True, max_length=255, null=True)),
                ("allowed_time_limit_mins", models.IntegerField(null=True)),
                ("status", models.CharField(max_length=64)),
                (
                    "taking_as_proctored",
                    models.BooleanField(default=False, verbose_name="Taking as Proctored"),
                ),
                (
                    "is_sample_attempt",
                    models.BooleanField(default=False, verbose_name="Is Sample Attempt"),
                ),
                ("review_policy_id", models.IntegerField(null=True)),
                ("is_status_acknowledged", models.BooleanField(default=False)),
                ("time_remaining_seconds", models.IntegerField(null=True)),
                ("is_resumable", models.BooleanField(default=False, verbose_name="Is Resumable")),
                (
                    "ready_to_resume",
                    models.BooleanField(default=False, verbose_name="Ready to Resume"),
                ),
                ("resumed", models.BooleanField(default=False, verbose_name="Resumed")),
                (
                    "proctored_exam",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "proctored exam attempt",
                "db_table": "proctoring_proctoredexamstudentattempt",
            },
        ),
    ]
