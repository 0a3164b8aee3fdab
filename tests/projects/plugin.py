"""`pytest -p tests.projects.plugin --ds tests.projects.<name>`: the suite, without what does not fit the project, and why."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Whatever the project.
ALWAYS = {
    "tests/browser tests/clients tests/demo tests/plugins tests/projects tests/torture tests/upgrade": "projects of their own",
    "tests/attack tests/concurrency tests/fuzz": "lanes of their own",
    "tests/docs tests/house tests/packaging": "no settings matter",
    "tests/lifecycle/test_state_machine.py tests/effects/test_plan.py": "tables of rules, no settings matter",
}
ROUTES = "asks addresses that a Studio does not have"
LEFT_OUT = {
    "lms": {},
    "studio": {
        (
            "tests/views tests/fuzz tests/openapi/test_examples.py tests/openapi/test_errors.py tests/test_callbacks.py"
            " tests/defects/test_rest_a.py tests/defects/test_rest_a2.py tests/defects/test_rest_b.py"
            " tests/defects/test_rest_b2.py tests/defects/test_rest_c.py tests/defects/test_rest_d.py"
            " tests/defects/test_rest_d2.py tests/defects/test_rest_more.py"
            " tests/defects/test_rest_e.py tests/test_host_faults.py tests/test_host_questions.py"
            " tests/compat/test_urls.py tests/compat/test_micro_frontends.py"
            " tests/compat/test_http_patch_points.py tests/backends/test_software_secure.py"
            " tests/wire/test_rpnow.py"
            " tests/compat/test_host_suites.py::AClientOfAHost::test_active_exams"
            " tests/compat/test_host_suites.py::OnboardingOfALearner::test_the_status_of_the_learner"
            " tests/defects/test_python_growth.py::test_113_pages_of_a_course"
            " tests/defects/test_python_host.py tests/defects/test_python_results.py"
            " tests/defects/test_backends_a.py tests/defects/test_backends_b.py tests/defects/test_backends_c.py"
            " tests/api/test_extra_time.py tests/models/test_exact.py::test_staff_of_a_course_whose_id_differs_in_case"
            " tests/backends/test_display.py"
            " tests/defects/test_core_effects.py::test_16_"
            " tests/defects/test_core_reads.py::test_73_ tests/defects/test_core_rows.py::test_70_"
        ): ROUTES,
        (
            "tests/api/test_student_view.py tests/api/test_timer.py"
            " tests/api/test_prerequisites.py::test_what_is_missing_has_an_address"
            " tests/compat/test_hosts_calls.py::test_a_sequence_asks_for_the_learners_view"
            " tests/backends/test_transport.py tests/backends/test_connections.py tests/words/test_words.py::test_links"
            " tests/contract/test_own.py::test_ours_do_what_is_expected"
            " tests/test_emails.py::test_without_a_micro_frontend"
        ): "learners' pages lead to addresses of the LMS",
        (
            "tests/words/test_words.py::test_fallbacks_of_contacts"
            " tests/words/test_conf.py::test_senders_and_contacts"
        ): "a Studio has no contact address",
        "tests/test_outbox.py::test_messages_of_another_origin": "asks what the LMS leaves to a Studio",
        "tests/test_checks.py::test_W005": "a Studio need not have the LMS's addresses",
    },
    "plain": {
        (
            "tests/backends tests/effects/test_telling.py tests/operations/test_diagnostics.py tests/test_host_faults.py"
            " tests/defects/test_backends_a.py tests/defects/test_backends_b.py tests/defects/test_backends_c.py"
            " tests/defects/test_core_effects.py"
            " tests/defects/test_python_results.py tests/admin tests/contract tests/wire/test_rest.py"
        ): "providers by REST need django-crum",
        "tests/test_host.py": "dates come from edx-when",
        "tests/test_tracking.py": "events go to event-tracking",
        "tests/compat/test_python_names.py": "some of the names are those of optional packages",
    },
}


class Left:
    """What is left out, and why."""

    def __init__(self, project: str) -> None:
        self.reasons = {
            path: why
            for paths, why in {**ALWAYS, **LEFT_OUT[project]}.items()
            for path in paths.split()
        }

    def why(self, name: str) -> str | None:
        """`name` is a path from the root or the id of a test."""
        return next((why for path, why in self.reasons.items() if _is_part(name, path)), None)


def _is_part(name: str, path: str) -> bool:
    return name.startswith(path) if "::" in path else name == path or name.startswith(f"{path}/")


def _left(config: pytest.Config) -> Left:
    return Left(str(config.getoption("ds")).rpartition(".")[2])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whole files and folders are not even imported."""
    name = collection_path.relative_to(ROOT).as_posix()
    return True if _left(config).why(name) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Single tests."""
    left = _left(config)
    gone = [item for item in items if left.why(item.nodeid)]
    items[:] = [item for item in items if item not in set(gone)]
    config.hook.pytest_deselected(items=gone)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say it."""
    terminalreporter.section(f"left out under {config.getoption('ds')}")
    for path, why in _left(config).reasons.items():
        terminalreporter.line(f"{path}: {why}")
