"""`{% load proctoring %}`: the end of a running exam for browsers without scripts; names and times inside sentences."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from edx_proctoring.api.student_view.details import stylesheet
from edx_proctoring.api.student_view.running import running_exam_end
from edx_proctoring.dates import Moment

register = template.Library()


@register.filter
def isolated(name: object) -> SafeString:
    """Return a name for use inside a sentence: it may run in another direction than the sentence does."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def as_time(moment: Moment) -> SafeString:
    """Return the `time` element of a moment for use inside a sentence."""
    markup = '<time datetime="{}" data-moment="{}">{}</time>'
    return format_html(markup, moment.iso, moment.offset, moment.text)


@register.filter
def as_code(reference: object) -> SafeString:
    """Return a reference for use inside a sentence, in the letters that are told apart most easily."""
    return format_html('<span class="px-code">{}</span>', reference)


@register.filter
def linked(address: object, scheme: str) -> SafeString:
    """Return an address as a link for use inside a sentence. `scheme` is `mailto:` or `tel:`."""
    target = "".join(str(address).split())  # RFC 3966 and RFC 6068 allow no spaces in these URLs
    return format_html('<a href="{}{}">{}</a>', scheme, target, address)


@register.inclusion_tag("proctoring/learner/exam_end.html", takes_context=True)
def exam_end(context: Context) -> dict[str, Any]:
    """Render the end of the signed-in learner's running exam, for browsers without scripts; else nothing.

    Needs `request` in the context. One query, and two more while an exam runs.
    """
    user = getattr(context.get("request"), "user", None)
    ends = running_exam_end(user) if user is not None and user.is_authenticated else None
    return {"ends": ends, "learner_stylesheet": stylesheet() if ends else ""}
