"""The form with which an author configures an exam."""

from typing import Any

from django import forms

KINDS = {
    "timed": {"is_proctored": False, "is_practice_exam": False},
    "practice": {"is_proctored": True, "is_practice_exam": True},
    "proctored": {"is_proctored": True, "is_practice_exam": False},
}
LONGEST = 7 * 24 * 60


class ExamForm(forms.Form):
    """One exam and its review policy. `values()` returns the arguments of `api.create_exam` and `update_exam`."""

    exam_name = forms.CharField(label="Name", max_length=255)
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS])
    time_limit_mins = forms.IntegerField(label="Minutes", min_value=1, max_value=LONGEST)
    due_date = forms.DateTimeField(
        label="Due (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    is_active = forms.BooleanField(label="Active", required=False, initial=True)
    policy = forms.CharField(
        label="What reviewers should know",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def values(self) -> dict[str, Any]:
        """Return the exam's own fields."""
        names = ("exam_name", "time_limit_mins", "due_date", "is_active")
        return {name: self.cleaned_data[name] for name in names} | KINDS[self.cleaned_data["kind"]]


def form_of(
    exam: dict[str, Any] | None, policy: str = "", data: dict[str, Any] | None = None
) -> ExamForm:
    """Return the form of an existing exam, or of a new one; ids of fields are unique on the page."""
    prefix = f"exam-{exam['id']}-%s" if exam else "new-%s"
    if exam is None:
        return ExamForm(data, auto_id=prefix)
    flags = {name: exam[name] for name in ("is_proctored", "is_practice_exam")}
    kind = next((name for name, known in KINDS.items() if known == flags), "timed")
    return ExamForm(data, auto_id=prefix, initial={**exam, "kind": kind, "policy": policy})
