"""A proctoring provider that speaks the REST provider protocol from the provider's side.

It needs no Django: Flask for the pages and the API, SQLite for its rows, ``requests`` to call
back. Started by ``python -m demo.simulator``; see ``app.create_app`` to embed it in a test.
"""
