"""Archives: former versions of rows."""

from typing import NoReturn, TypeVar

from django.conf import settings
from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.models.exact import compare_exactly

Archive = TypeVar("Archive", bound=models.Model)


def archive_model(model: type[Archive], instance: models.Model, **mapping: str | None) -> Archive:
    """Save a copy of `instance` as a `model` and return it; `mapping` as for `archive_copy`."""
    archive = archive_copy(model, instance, **mapping)
    archive.save()
    return archive


def archive_copy(model: type[Archive], instance: models.Model, **mapping: str | None) -> Archive:
    """Return a copy of `instance` as an unsaved `model`.

    `mapping` renames a column (`id="original_id"`) or leaves it out (`None`). `created` and `modified` are the
    archive's own. Relations are not followed.
    """
    columns = {field.attname for field in model._meta.concrete_fields}
    values = {}
    for field in instance._meta.concrete_fields:
        name = mapping.get(field.name, field.attname)
        if name and name not in ("created", "modified") and name in columns:
            values[name] = getattr(instance, field.attname)
    if "id" not in mapping:
        # With the id of the original, the copy would overwrite an archive that has this id.
        values.pop("id", None)
    return model(**values)


class UndeletableQuerySet(models.QuerySet["ProctoredExamReviewPolicyHistory"]):
    def delete(self) -> NoReturn:
        """Refuse to delete."""
        raise NotImplementedError("The history of review policies cannot be deleted.")


class ProctoredExamReviewPolicyHistory(TimeStampedModel):
    """A former version of a review policy."""

    original_id = models.IntegerField(db_index=True)
    set_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey("ProctoredExam", db_index=True, on_delete=models.CASCADE)
    review_policy = models.TextField()

    objects = UndeletableQuerySet.as_manager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamreviewpolicyhistory"
        verbose_name = "proctored exam review policy history"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.original_id}"

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse to delete."""
        raise NotImplementedError("The history of review policies cannot be deleted.")


class ProctoredExamStudentAllowanceHistory(TimeStampedModel):
    """A former version of an allowance."""

    allowance_id = models.IntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey("ProctoredExam", on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=255)

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamstudentallowancehistory"
        verbose_name = "proctored allowance history"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.allowance_id} {self.key}"


class ProctoredExamSoftwareSecureReviewHistory(TimeStampedModel):
    """A former version of a review, linked by `attempt_code`."""

    attempt_code = models.CharField(max_length=255, db_index=True)
    is_attempt_active = models.BooleanField(default=True)
    review_status = models.CharField(max_length=255)
    raw_data = models.TextField()
    encrypted_video_url = models.BinaryField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.CASCADE
    )
    exam = models.ForeignKey("ProctoredExam", null=True, on_delete=models.CASCADE)

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamsoftwaresecurereviewhistory"
        verbose_name = "Proctored exam review archive"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.attempt_code} {self.review_status}"


compare_exactly(ProctoredExamSoftwareSecureReviewHistory, "attempt_code")
