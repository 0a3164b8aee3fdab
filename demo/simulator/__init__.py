"""A proctoring provider that implements the provider's side of the REST protocol.

It does not need Django: Flask for the pages and the API, SQLite for its rows, ``requests`` for callbacks. Run
``python -m demo.simulator``; see ``app.create_app`` to embed it in a test.
"""
