"""The page of personal data lists every column; the extensions' are compared in `tests/contrib`."""

from django.apps import apps

from tests.personal_data import FILE, mistakes


def test_every_column_is_classified():
    models = apps.get_app_config("edx_proctoring").get_models(include_auto_created=True)
    assert mistakes("core", models) == []


def test_a_new_column_is_noticed():
    models = apps.get_app_config("edx_proctoring").get_models(include_auto_created=True)
    some = [model for model in models if model._meta.db_table != "proctoring_scheduled_run"]
    assert mistakes("core", some) == ["no such table: proctoring_scheduled_run"]


def test_references_to_users_count_as_personal_data():
    import tomllib

    user_columns = {"user_id", "by_id", "reviewed_by_id", "student_id", "set_by_user_id"}
    for name, table in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        assert not user_columns.intersection(table["other"]), name


def test_the_page_shows_each_column_with_personal_data(extension):
    page = "\n".join(extension("personal_data").page())
    assert "``time_remaining_seconds``" in page
    assert page.count("*Retirement*") > 15
    assert "Without personal data: ``proctoring_proctoredexam``" in page
