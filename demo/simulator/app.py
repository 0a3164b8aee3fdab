"""The simulator as a WSGI application."""

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from demo.simulator import api, console, faults, learners, psi, tokens
from demo.simulator.state import Simulator


def create_app(sim: Simulator) -> Flask:
    """Create a Flask application for ``sim``; the caller starts its callbacks."""
    app = Flask(__name__)
    app.extensions["simulator"] = sim
    app.config["PROPAGATE_EXCEPTIONS"] = True  # a dropped connection must not become an answer
    app.url_map.strict_slashes = False
    for part in (tokens.pages, api.api, learners.pages, psi.pages, console.pages):
        app.register_blueprint(part)
    app.register_error_handler(HTTPException, _error)
    faults.install(app)
    return app


def _error(error: HTTPException) -> tuple[str | Response, int] | Response:
    """Return errors as JSON for the API and as a page for browsers; ``abort(response)`` is passed on unchanged."""
    if error.response is not None:
        return Response(error.response.get_data(), error.response.status, error.response.headers)
    code = error.code or 500
    if request.path.startswith(("/api/", "/oauth2/", "/edx/")):
        return jsonify(error=error.name), code
    return render_template("problem.html", text=error.description), code
