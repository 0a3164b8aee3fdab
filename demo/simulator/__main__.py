"""``python -m demo.simulator``: run the simulator until it is stopped."""

import argparse
import logging

from werkzeug.serving import make_server

from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.lms import Lms
from demo.simulator.state import Simulator
from demo.simulator.store import Store


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m demo.simulator", description=__doc__)
    result.add_argument("client_id", help="the simulator's OAuth2 application in the LMS")
    result.add_argument("client_secret")
    result.add_argument("--host", default="127.0.0.1")
    result.add_argument("--port", type=int, default=11136)
    result.add_argument("--fd", type=int, help="serve on this listening socket instead")
    result.add_argument("--database", default=":memory:", help="SQLite file")
    result.add_argument("--seed", type=int, help="make identifiers and choices repeatable")
    result.add_argument("--pause", type=float, default=1.0, help="before a callback is repeated")
    return result


def main() -> None:
    options = parser().parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    store = Store(options.database, seed=options.seed)
    lms = Lms(options.client_id, options.client_secret)
    sim = Simulator(store, Callbacks(store, lms, pause=options.pause))
    server = make_server(options.host, options.port, create_app(sim), threaded=True, fd=options.fd)
    sim.callbacks.start()
    server.serve_forever()


if __name__ == "__main__":
    main()
