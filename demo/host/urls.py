"""The host's pages, and the app's routes mounted as on the platform."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerView

from demo.host import languages, play, previews, studio, views
from demo.host.tokens import AccessTokenView

COURSE = settings.COURSE_ID_PATTERN

urlpatterns = [
    path("", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("language", languages.choose, name="language"),
    path("play", play.play, name="play"),
    path("play/end", play.end, name="play_end"),
    path("play/<str:name>", play.begin, name="play_begin"),
    path("help", views.help_page, name="help"),
    path("password_assistance", views.help_page, name="password_assistance"),
    re_path(rf"^courses/{COURSE}/$", views.outline, name="outline"),
    re_path(rf"^courses/{COURSE}/progress$", views.progress, name="progress"),
    re_path(rf"^courses/{COURSE}/jump_to/(?P<location>.*)$", views.jump_to, name="jump_to"),
    re_path(rf"^courses/{COURSE}/courseware/(?P<location>.*)$", views.exam, name="exam"),
    path("answer", views.answer, name="answer"),
    # URLs of the learning micro-frontend, used by links in e-mails and by providers.
    re_path(rf"^course/{COURSE}/home$", views.home),
    re_path(rf"^course/{COURSE}/(?P<location>block-v1:.*)$", views.jump_to),
    path("support/contact_us", views.help_page),
    path("studio", studio.studio, name="studio"),
    path("studio/register", studio.register, name="register"),
    path("studio/new", studio.new_exam, name="new_exam"),
    path("studio/<int:exam_id>", studio.save_exam, name="save_exam"),
    path("told", studio.told, name="told"),
    path("mails", previews.mails, name="mails"),
    path("admin/", admin.site.urls),
    path("oauth2/access_token", AccessTokenView.as_view(), name="access_token"),
    path("api/schema.json", views.api_schema, name="api_schema"),
    path("api/", SpectacularSwaggerView.as_view(url_name="api_schema"), name="api_page"),
    path("api/", include("edx_proctoring.urls", namespace="edx_proctoring")),
]
