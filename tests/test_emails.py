"""E-mails about statuses."""

import pytest
from django.core import mail
from django.utils import timezone, translation

from edx_proctoring import api, emails, lifecycle
from edx_proctoring.references import reference_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(attempt, make_exam):
    """An attempt with known names."""
    exam = make_exam(exam_name="Final <Exam>")
    return attempt(exam=exam, status="submitted", completed_at=timezone.now())


@pytest.mark.parametrize(
    ("status", "subject", "words"),
    [
        ("submitted", "Proctoring attempt submitted", "5 business days"),
        ("verified", "Proctoring attempt verified", "All rules for proctored exams were kept"),
        ("rejected", "Proctoring attempt rejected", "You may appeal"),
    ],
)
def test_three_mails(known, settings, status, subject, words):
    known.status = status
    message = api.create_proctoring_attempt_status_email(known, "My Course", "course")
    assert (message.subject, message.to) == (subject, [known.user.email])
    assert message.from_email == settings.DEFAULT_FROM_EMAIL
    assert message.content_subtype == "html"
    assert words in message.body
    assert "Final &lt;Exam&gt;" in message.body
    assert f'href="{settings.LEARNING_MICROFRONTEND_URL}/course/' in message.body
    assert "My Course" in message.body


@pytest.mark.parametrize(
    ("status", "subject"),
    [
        ("error", "Your exam was interrupted: Final <Exam> (My Course)"),
        (emails.READY_TO_RESUME, "You can go on with your exam: Final <Exam> (My Course)"),
    ],
)
def test_mails_about_an_interruption(known, status, subject):
    known.time_remaining_seconds, known.status = 1500, "error"
    message = emails.interruption_email(known, "My Course", status=status, language="en")
    assert message.subject == subject
    for words in ("Final &lt;Exam&gt;", "25 minutes", "Hello,", reference_of(known.pk)):
        assert words in message.body
    plain, _html = message.message().get_payload()
    assert "<" not in plain.get_payload(decode=True).decode().replace("Final <Exam>", "")


def test_subjects_have_one_line_and_no_course_that_the_host_does_not_name(known):
    known.proctored_exam.exam_name = "Final\nBcc: all@example.com"
    message = emails.time_email(known, 600, None, "en")
    assert message.subject == "Additional time for your exam: Final Bcc: all@example.com"
    assert reference_of(known.pk) in message.body


def test_published_subjects_name_the_exam_only_on_demand(known, settings):
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "EXAM_IN_EMAIL_SUBJECTS": True,
    }
    subject = emails.status_email(known, "My Course", language="en").subject
    assert subject == "Proctoring attempt submitted: Final <Exam> (My Course)"


@pytest.mark.parametrize("sent", [True, False])
def test_an_interruption_and_its_end_are_mailed_unless_switched_off(
    known, settings, sent, make_exam, attempt
):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "INTERRUPTION_EMAILS": sent}
    known = attempt(exam=make_exam(), status="started", started_at=timezone.now())
    practice = attempt(
        exam=make_exam(is_practice_exam=True), status="started", is_sample_attempt=True
    )
    set_up = attempt(exam=make_exam(), status="created")
    for one in (known, practice, set_up):
        lifecycle.transition(one, "error")
    api.mark_exam_attempt_as_ready_to_resume(known.pk)
    subjects = ["Your exam was interrupted", "You can go on with your exam"]
    assert [one.subject.partition(":")[0] for one in mail.outbox] == (subjects if sent else [])


def test_an_interruption_of_a_deleted_learner_is_not_mailed(known, caplog):
    record = known.history.first()
    known.user.delete()
    assert emails.interruption_email(record.instance, None, status="error", language="en") is None
    assert f"attempt_id={record.id}" in caplog.text


@pytest.mark.parametrize("status", ["submitted", "verified", "rejected"])
def test_mails_greet_by_name_and_give_the_reference_of_the_receipt(known, status):
    known.user.first_name, known.user.last_name = "Ada", "<Lovelace>"
    body = emails.status_email(known, None, status=status).body
    assert "Hello <bdi>Ada &lt;Lovelace&gt;</bdi>," in body
    assert reference_of(known.pk) in body
    known.user.first_name = known.user.last_name = ""
    assert "Hello," in emails.status_email(known, None, status=status).body


@pytest.mark.needs("lms-urls")
def test_without_a_micro_frontend_mails_lead_to_the_exam(known, settings):
    settings.LEARNING_MICROFRONTEND_URL = None
    body = emails.status_email(known, None).body
    assert f'href="{settings.LMS_ROOT_URL}/courses/{known.proctored_exam.course_id}/' in body


def test_the_sent_message_begins_with_plain_text(known):
    message = emails.status_email(known, None).message()
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.get_payload()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    text = plain.get_payload(decode=True).decode()
    assert "your exam Final <Exam> in your course (https://" in text
    assert "<" not in text.replace("Final <Exam>", "")
    assert "&" not in text


def test_lists_and_addresses_stay_readable_as_text():
    markup = '<ul>\n<li>one</li>\n<li>two</li>\n</ul><a href="https://x/?a=1&amp;b=2">here</a>'
    assert emails.as_text(markup) == "- one\n- two\nhere (https://x/?a=1&b=2)\n"


def test_additions_by_hosts_are_sent(known):
    message = emails.status_email(known, None)
    message.content_subtype = "html"
    message.cc, message.reply_to = ["cc@example.com"], ["reply@example.com"]
    message.extra_headers["X-Host"] = "ours"
    message.attach("rules.txt", "The rules", "text/plain")
    message.send()
    (sent,) = mail.outbox
    assert sent.recipients() == [known.user.email, "cc@example.com"]
    wire = sent.message()
    assert (wire["Cc"], wire["Reply-To"]) == ("cc@example.com", "reply@example.com")
    assert wire["X-Host"] == "ours"
    content, attached = wire.get_payload()
    assert [part.get_content_type() for part in content.get_payload()] == [
        "text/plain",
        "text/html",
    ]
    assert attached.get_filename() == "rules.txt"


def test_a_deleted_learner_gets_no_e_mail(known, caplog):
    record = known.history.first()
    known.user.delete()
    assert emails.status_email(record.instance, None, language="en") is None
    assert f"attempt_id={record.id}" in caplog.text


@pytest.mark.parametrize("status", ["created", "error", "declined", "second_review_required"])
def test_other_statuses_have_no_e_mail(known, status):
    assert emails.status_email(known, None, status=status) is None


def test_practice_and_unproctored_attempts_have_no_e_mail(known):
    known.is_sample_attempt = True
    assert emails.status_email(known, None) is None
    known.is_sample_attempt, known.taking_as_proctored = False, False
    assert emails.status_email(known, None) is None


def test_e_mails_are_in_the_learners_language(known):
    message = emails.status_email(known, None, language="de")
    assert message.subject == "Beaufsichtigte Prüfung abgegeben"
    assert "Ihr Kurs" in message.body


def test_names_keep_their_direction_in_sentences_from_right_to_left(known):
    """Characters that isolate are only in texts that need them."""
    message = emails.interruption_email(known, "Physics (II)", status="error", language="ar")
    assert "<strong><bdi>Final &lt;Exam&gt;</bdi></strong>" in message.body
    assert message.subject.endswith(": \u2068Final <Exam>\u2069 (\u2068Physics (II)\u2069)")
    assert "\u2068Final <Exam>\u2069" in emails.as_text(message.body)
    english = emails.interruption_email(known, "Physics (II)", status="error", language="en")
    assert english.subject.endswith(": Final <Exam> (Physics (II))")
    assert "exam Final <Exam> in Physics (II)" in emails.as_text(english.body)


def german(_user):
    """A host's function."""
    return "de"


def test_the_language_is_that_of_the_learner_not_of_the_reviewer(
    known, settings, django_assert_num_queries
):
    path = {"LANGUAGE_OF_USER": "tests.test_emails.german"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **path}
    lifecycle.transition(known, "verified")
    assert [message.subject for message in mail.outbox] == [
        "Ihre beaufsichtigte Prüfung hat die Überprüfung bestanden"
    ]


def test_a_host_overrides_a_template_for_one_provider(known, settings, tmp_path):
    folder = tmp_path / "emails" / "proctoring" / "test"
    folder.mkdir(parents=True)
    (folder / "proctoring_attempt_submitted_email.html").write_text(
        '{% extends "emails/proctoring_attempt_submitted_email.html" %}'
        "{% block status_information %}Ours, {{ platform }}.{% endblock %}"
    )
    templates = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    settings.TEMPLATES = templates
    body = emails.status_email(known, None).body
    assert "Ours, Open edX." in body
    assert "has arrived" in body
    known.proctored_exam.backend = None
    assert "Ours" not in emails.status_email(known, None).body


def test_contacts_for_questions(known, host, settings):
    body = emails.status_email(known, None, status="verified").body
    assert f"https://{settings.SITE_NAME}/support/contact_us" in body
    link = {"LINK_URLS": {"contact": "https://provider.example.com/contact"}}
    settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "test": link}
    body = emails.status_email(known, None, status="verified").body
    assert "https://provider.example.com/contact" in body
    host.instructor.escalation_email = "team@example.com"
    assert "mailto:team@example.com" in emails.status_email(known, None, status="verified").body


def test_ids_of_mails():
    assert emails.message_id("a") == emails.message_id("a") != emails.message_id("b")


@pytest.mark.defect("PYTHON-86")
def test_the_name_of_the_site_comes_from_one_setting(settings, exam, learner, provider):
    names = {"SITE_NAME": "one.example.com", "PLATFORM_NAME": "One"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **names}
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    (call,) = provider.calls_of("register_exam_attempt")
    assert call.kwargs["context"]["lms_host"] == "https://one.example.com"
    assert api.get_proctoring_settings_by_exam_id(exam.pk)["platform_name"] == "One"
    for status in ("started", "submitted", "verified"):
        api.update_attempt_status(attempt_id, status)
    assert "https://one.example.com" in mail.outbox[-1].body


@pytest.mark.defect("PYTHON-87")
def test_mails_are_in_the_learners_language(settings, exam, learner):
    path = {"LANGUAGE_OF_USER": f"{__name__}.german"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **path}
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    with translation.override("en"):
        for status in ("started", "submitted"):
            api.update_attempt_status(attempt_id, status)
    (message,) = mail.outbox
    assert message.subject != "Proctoring attempt submitted"
    with translation.override("de"):
        assert message.subject == translation.gettext("Proctoring attempt submitted")
