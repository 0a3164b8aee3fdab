"""Numbers that columns can hold on every database."""

LARGEST_INTEGER = 2**31 - 1  # also the largest id: 6.1.4 created the tables with 32-bit ids
