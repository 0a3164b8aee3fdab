from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("edx_proctoring", "7002_indexes_of_lists")]

    operations = [
        migrations.CreateModel(
            name="ScheduledRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=64, unique=True)),
                ("finished_at", models.DateTimeField()),
            ],
            options={"db_table": "proctoring_scheduled_run"},
        ),
    ]
