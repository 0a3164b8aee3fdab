"""System checks that tell operators about problems before learners notice them; see `docs/reference/checks.rst`."""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import connections
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.urls import NoReverseMatch, get_resolver, reverse

from edx_proctoring import backends, conf
from edx_proctoring.backends import options
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.options import ENTRY_POINTS
from edx_proctoring.late_imports import late_module

if TYPE_CHECKING:
    from edx_proctoring.outbox import broker
else:  # imported when used: see `late_imports`
    broker = late_module("edx_proctoring.outbox.broker")

SWITCHES = (
    "REVIEW_CALLBACK_ANY_BACKEND",
    "ALLOW_CALLBACK_SIMULATION",
    "ALLOW_CALLBACK_SIMULATION_IN_PRODUCTION",
    "READY_CALLBACK_ANY_USER",
    "ALLOWANCES_FOR_ANYONE",
    "START_CALLBACK_SUBMITS",
    "START_CALLBACK_WITHOUT_TOKEN",
    "TIMED_EXAM_FALLS_THROUGH",
    "DECLINE_WHILE_RUNNING",
    "OPT_OUT_ANYWAY",
    "ALLOW_START_WITHOUT_SETUP",
)
HARMLESS = {"null", "mock"}  # providers that do not receive user ids
# Pages of the host, and the arguments of their URLs.
HOST_URLS = {
    "jump_to": "the course's id and the content's",
    "progress": "the course's id",
    "password_assistance": "no arguments",
}
LATE = {
    "sweep": "edx_proctoring.W011",
    "attempts": "edx_proctoring.W012",
    "messages": "edx_proctoring.W013",
}
OUR_URL = "edx_proctoring:proctored_exam.attempt.collection"


@register("edx_proctoring")
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E001: a setting has an invalid value."""
    hint = "See docs/reference/settings.rst for its type."
    found: list[CheckMessage] = [
        Error(problem, hint=hint, id="edx_proctoring.E001") for problem in conf.problems()
    ]
    if not found and conf.proctoring.DELIVERY not in ("auto", "celery", "inline"):
        text = f"PROCTORING_SETTINGS['DELIVERY'] is {conf.proctoring.DELIVERY!r}."
        found.append(
            Error(text, hint="It is 'auto', 'celery' or 'inline'.", id="edx_proctoring.E001")
        )
    return found


@register("edx_proctoring")
def check_base_templates(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E006: a template that the host names for the staff page or the learner's page cannot be loaded."""
    found: list[CheckMessage] = []
    for key in ("STAFF_BASE_TEMPLATE", "LEARNER_BASE_TEMPLATE"):
        name = (getattr(settings, "PROCTORING_SETTINGS", None) or {}).get(key)
        if not isinstance(name, str):
            continue
        try:
            get_template(name)
        except (TemplateDoesNotExist, TemplateSyntaxError) as error:
            text = f"PROCTORING_SETTINGS['{key}'] cannot be loaded: {error!r}."
            hint = "It names a Django template with the blocks title and content."
            found.append(Error(text, hint=hint, id="edx_proctoring.E006"))
    return found


def _configured() -> dict[str, Any]:
    """Return PROCTORING_BACKENDS; E001 reports it if its type is wrong."""
    value = getattr(settings, "PROCTORING_BACKENDS", None)
    return value if isinstance(value, dict) else {}


def _names() -> list[str]:
    return sorted(str(name) for name in set(_configured()) - {"DEFAULT"})


@register("edx_proctoring")
def check_providers(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """E002: a provider cannot be used. W009: no installed package offers it. W001: there is no default provider."""
    config = backends.registry()
    hint = "Upgrade its package, correct its options, or remove it from PROCTORING_BACKENDS."
    found: list[CheckMessage] = [
        Error(f"The provider {name} cannot be used: {error}", hint=hint, id="edx_proctoring.E002")
        for name, error in sorted(config.backend_errors.items())
    ]
    installed = {point.name for point in entry_points(group=ENTRY_POINTS)}
    for name in _names():
        if name not in installed and name not in config.backends:
            text = f"The provider {name} is configured, but no installed package offers it."
            hint = (
                "Install its package into this environment, or remove it from PROCTORING_BACKENDS."
            )
            found.append(checks.Warning(text, hint=hint, id="edx_proctoring.W009"))
    default = _configured().get("DEFAULT")
    if default not in config.backends:
        text = f"PROCTORING_BACKENDS['DEFAULT'] is {default!r}, which is not a provider."
        hint = f"Name one of: {', '.join(sorted(config.backends)) or 'null (and add it)'}."
        found.append(checks.Warning(text, hint=hint, id="edx_proctoring.W001"))
    return found


@register("edx_proctoring")
def check_options(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W002: an option of a provider is unknown and ignored, or has the wrong type."""
    return [
        checks.Warning(
            f"PROCTORING_BACKENDS[{name!r}] {problem}.",
            hint="docs/reference/settings.rst lists the options; providers' own packages document theirs.",
            id="edx_proctoring.W002",
        )
        for name, provider_class in sorted(_provider_classes().items())
        for problem in _wrong_options(provider_class, _options(name))
    ]


def _provider_classes() -> dict[str, type[ProctoringBackendProvider]]:
    """Return the classes of the configured providers; E002 and W009 report those that cannot be imported."""
    config = backends.registry()
    found = {**config.backend_classes, **{name: type(one) for name, one in _providers().items()}}
    return {name: found[name] for name in _names() if name in found}


def _wrong_options(provider_class: type, given: dict[str, Any]) -> Iterator[str]:
    known = options.options_of(provider_class)
    unknown = options.unknown_options(known, given)
    if unknown:
        yield f"has unknown options: {', '.join(unknown)}"
    wrong = list(options.wrong_types(known, given))
    if wrong:
        yield f"has options of the wrong type: {', '.join(wrong)}"


@register("edx_proctoring")
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E003: a key of a provider is invalid for its algorithm."""
    config = backends.registry()
    return [
        Error(
            f"PROCTORING_BACKENDS[{name!r}][{option!r}] is unusable: {problem}.",
            hint="Copy the key again from the provider's information.",
            id="edx_proctoring.E003",
        )
        for name, provider in sorted(config.backends.items())
        for option, problem in getattr(provider, "unusable_keys", dict)().items()
    ]


@register("edx_proctoring")
def check_review_callbacks(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """W010: anybody can post reviews for a provider. E004: an option for networks is invalid."""
    found: list[CheckMessage] = []
    for name, provider in sorted(_providers().items()):
        if not getattr(provider, "takes_anonymous_reviews", False):
            continue
        for option in ("review_callback_networks", "review_callback_proxies"):
            problem = _wrong_networks(getattr(provider, option, None) or ())
            if problem:
                text = f"PROCTORING_BACKENDS[{name!r}][{option!r}] is unusable: {problem}."
                hint = (
                    "It must be a list of networks, for example ['192.0.2.0/24', '2001:db8::/32']."
                )
                found.append(Error(text, hint=hint, id="edx_proctoring.E004"))
        proofs = ("review_callback_secret", "review_callback_networks")
        if not any(getattr(provider, option, None) for option in proofs):
            text = f"Reviews of the provider {name} are accepted from anybody who knows an attempt's two ids."
            hint = (
                f"Set PROCTORING_BACKENDS[{name!r}]['review_callback_secret'], or "
                "['review_callback_networks']; see docs/operate.rst."
            )
            found.append(checks.Warning(text, hint=hint, id="edx_proctoring.W010"))
    return found


def _providers() -> dict[str, ProctoringBackendProvider]:
    config = backends.registry()
    return dict(config.backends)


def _wrong_networks(networks: Iterable[str] | None) -> str:
    if not isinstance(networks, list | tuple):
        return f"{networks!r} is not a list"
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            return str(error)
    return ""


@register("edx_proctoring")
def check_names(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """E005: the name of a provider begins with a digit."""
    hint = "Rename the provider: otherwise two learners could get the same obscured id."
    return [
        Error(
            f"The name of the provider {name!r} begins with a digit.",
            hint=hint,
            id="edx_proctoring.E005",
        )
        for name in sorted({*_names(), *_providers()})
        if name[:1].isdigit()
    ]


def _options(name: str) -> dict[str, Any]:
    given = _configured().get(name)
    return given if isinstance(given, dict) else {}


@register("edx_proctoring")
def check_obfuscation_key(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """W003: anybody can compute the user ids sent to providers."""
    if getattr(settings, "PROCTORING_USER_OBFUSCATION_KEY", "") or set(_names()) <= HARMLESS:
        return []
    text = "PROCTORING_USER_OBFUSCATION_KEY is empty, so anybody can compute the user ids sent to providers."
    hint = "Set a long random value and never change it, because providers store the ids."
    return [checks.Warning(text, hint=hint, id="edx_proctoring.W003")]


@register("edx_proctoring")
def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W004: a page of the host has no URL. W005: the app's own URLs are not included."""
    if getattr(settings, "SERVICE_VARIANT", "") == "cms" or not getattr(
        settings, "ROOT_URLCONF", ""
    ):
        return []
    if not _reverses(OUR_URL):
        text = "The REST interface has no URL, so learners cannot take exams here."
        hint = "Add path('api/', include('edx_proctoring.urls', namespace='edx_proctoring')) to the URLs."
        return [checks.Warning(text, hint=hint, id="edx_proctoring.W005")]
    return [
        checks.Warning(
            f"There is no URL named {name}: links to it stay empty.",
            hint=f"Give a page this name; its URL takes {arguments}.",
            id="edx_proctoring.W004",
        )
        for name, arguments in HOST_URLS.items()
        if not _reverses(name)
    ]


def _reverses(name: str) -> bool:
    if ":" not in name:  # the route's patterns may only match the host's course and block ids
        return name in get_resolver().reverse_dict
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


@register("edx_proctoring")
def check_broker(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """W006: messages are delivered by Celery, but it has no broker."""
    if conf.problems() or not broker.is_used() or broker.is_eager() or broker.address():
        return []
    return [checks.Warning(broker.NO_BROKER, hint=broker.NO_BROKER_HINT, id="edx_proctoring.W006")]


@register(Tags.database)
def check_database(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """W007: the database has the schema of an older version."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        missing = sorted(missing_from(alias))
        if missing:
            text = f"The database {alias!r} has the schema of an older version: it lacks {', '.join(missing)}."
            hint = "Run manage.py migrate edx_proctoring."
            found.append(checks.Warning(text, hint=hint, id="edx_proctoring.W007"))
    return found


@register(Tags.database)
def check_lateness(databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """W011: nothing ends attempts. W012: attempts are overdue. W013: messages wait for too long."""
    from edx_proctoring.operations.lateness import find_late_work  # noqa: PLC0415  imports models

    if "default" not in (databases or ()) or conf.problems() or not is_migrated("default"):
        return []
    return [checks.Warning(one.text, hint=one.hint, id=LATE[one.who]) for one in find_late_work()]


def is_migrated(alias: str) -> bool:
    """Return whether the database has all our tables of this version."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    models = apps.get_app_config("edx_proctoring").get_models()
    return {model._meta.db_table for model in models} <= set(tables) and not [*missing_from(alias)]


def missing_from(alias: str) -> Iterator[str]:
    """Return the missing tables and columns; empty if the app was never installed in this database."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        models = list(apps.get_app_config("edx_proctoring").get_models())
        if not tables & {model._meta.db_table for model in models}:
            return
        for model in models:
            table = model._meta.db_table
            if table not in tables:
                yield table
                continue
            described = connection.introspection.get_table_description(cursor, table)
            wanted = {str(field.column) for field in model._meta.concrete_fields}
            missing = wanted - {column.name for column in described}
            yield from (f"{table}.{column}" for column in missing)


@register("edx_proctoring")
def check_switches(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """I001: a setting relaxes a security rule."""
    return [
        Info(
            f"PROCTORING_SETTINGS[{name!r}] is set, which relaxes a security rule.",
            hint="Remove it once nobody depends on the behaviour of 6.1.4.",
            id="edx_proctoring.I001",
        )
        for name in SWITCHES
        if getattr(conf.proctoring, name, False) is True
    ]


@register("edx_proctoring")
def check_site_name(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """W008: links in e-mails and to providers have no host."""
    if conf.problems() or conf.proctoring.SITE_NAME:
        return []
    text = "SITE_NAME is empty, so links in e-mails and to providers have no host."
    hint = "Set PROCTORING_SETTINGS['SITE_NAME'] to the LMS's host name, e.g. lms.example.com."
    return [checks.Warning(text, hint=hint, id="edx_proctoring.W008")]
