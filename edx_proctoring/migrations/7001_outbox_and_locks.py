import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("edx_proctoring", "0001_squashed_0025_auto_20230727_2112"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=191, unique=True)),
                ("lane", models.CharField(max_length=128)),
                ("origin", models.CharField(blank=True, default="", max_length=64)),
                ("payload", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("done", "done"),
                            ("given_up", "given up"),
                            ("cancelled", "cancelled"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("lease", models.CharField(blank=True, default="", max_length=64)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_error", models.TextField(blank=True, default="")),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("modified", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "proctoring_outbox",
                "indexes": [
                    models.Index(fields=["state", "next_try_at"], name="proctoring_outbox_due"),
                    models.Index(fields=["lane", "state", "id"], name="proctoring_outbox_lane"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProctoringLearner",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("locked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "proctoring_learner",
            },
        ),
        migrations.CreateModel(
            name="ProctoringReservation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("token", models.CharField(max_length=64)),
                ("basis", models.CharField(max_length=128)),
                ("reserved_until", models.DateTimeField()),
                (
                    "exam",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="edx_proctoring.proctoredexam",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "proctoring_reservation",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "exam"), name="proctoring_reservation_pair"
                    )
                ],
            },
        ),
    ]
