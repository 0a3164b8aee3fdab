"""Old import path."""

from edx_proctoring.testing.cases import (
    LoggedInTestCase,
    MockTracker,
    ProctoredExamTestCase,
    TestClient,
)

__all__ = ["LoggedInTestCase", "MockTracker", "ProctoredExamTestCase", "TestClient"]
