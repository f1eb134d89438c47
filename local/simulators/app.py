"""The Flask application: both providers, the handset and the control routes on one port."""

import sys
import traceback

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from local.simulators import control, control_partner, control_webhooks, handset, infomedia_api, signzy_api
from local.simulators.calls import Call
from local.simulators.msisdn import mask
from local.simulators.signzy_wire import error_body
from local.simulators.transport import as_json
from local.simulators.world import World

_LARGEST_BODY = 1_000_000


def create_app(world: World) -> Flask:
    """Build the application around a world."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    for module in (infomedia_api, signzy_api, handset, control, control_partner, control_webhooks):
        app.register_blueprint(module.blueprint(world))

    @app.route("/elsewhere", methods=["GET", "POST"])
    def elsewhere() -> Response:
        world.calls.record(Call("elsewhere", "", request.method), "redirect followed", 200, False)
        return as_json({"status": "Success", "description": "00 - Everything was OK"}, 200)

    @app.errorhandler(ValueError)
    def bad_request(problem: ValueError) -> Response:
        if request.path.startswith(("/control", "/handset", "/authorise")):
            return as_json({"error": str(problem)}, 400)
        return unexpected(problem)

    @app.errorhandler(HTTPException)
    def http_problem(problem: HTTPException) -> Response:
        status = problem.code or 500
        if request.path.startswith("/api/"):
            return as_json(error_body(status, problem.name), status)
        return as_json({"statusCode": status, "message": problem.name}, status)

    @app.errorhandler(Exception)
    def unexpected(problem: Exception) -> Response:
        # The text of an exception may hold a number or a PIN, so only its place and kind are told.
        where = "".join(traceback.format_tb(problem.__traceback__))
        sys.stderr.write(f"{mask(request.path)}: {type(problem).__name__}\n{where}")
        return as_json({"statusCode": 500, "message": f"simulator bug: {type(problem).__name__}"}, 500)

    return app
