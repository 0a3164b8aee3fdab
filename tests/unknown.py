"""An id that no row has.

Tests commit, and databases go on counting: whatever small number a test takes for unknown, there is an order of the
tests in which a row has just this id.
"""

NO_SUCH_ID = 2_000_000_000
