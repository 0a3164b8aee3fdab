"""``python -m tests.torture.simulator``: the simulated provider, with kill points."""

from typing import Any

from flask import Flask, request

from demo.simulator import __main__ as simulator
from demo.simulator.app import create_app
from tests.torture import killpoints


def _create_app(sim: Any) -> Flask:
    app = create_app(sim)

    def is_asked() -> bool:
        return request.path.startswith("/api/") and request.method in ("POST", "PATCH")

    def before() -> None:
        if is_asked():
            killpoints.reached("simulator_asked")

    def after(response: Any) -> Any:
        if is_asked():
            killpoints.reached("simulator_answers")
        return response

    app.before_request(before)
    app.after_request(after)
    return app


if __name__ == "__main__":
    simulator.create_app = _create_app  # type: ignore[assignment]  # replaced in this process
    simulator.main()
