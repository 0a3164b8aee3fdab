import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7003_scheduled_runs")]

    operations = [
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("user_id", models.IntegerField(db_index=True)),
                ("body_digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.JSONField(null=True)),
                ("created", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={"db_table": "proctoring_idempotent_request"},
        ),
    ]
