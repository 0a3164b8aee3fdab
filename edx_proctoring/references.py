"""The reference code of an attempt: eight signs that a learner can read out, the same on pages and in e-mails.

A code is another spelling of the attempt's id, so it needs no column and can be turned back. It is no secret, and it
grants nothing.
"""

SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without 0 O 1 I L
LENGTH = 8
COUNT: int = len(SIGNS) ** LENGTH
# Consecutive ids get codes that look different. The factor and COUNT have no common divisor.
FACTOR = 548_912_763_157
OFFSET = 271_828_182_845


def reference_of(attempt_id: int) -> str:
    """Return the code, such as "7F3K-92QD"."""
    rest = (attempt_id * FACTOR + OFFSET) % COUNT
    signs = ""
    for _ in range(LENGTH):
        rest, sign = divmod(rest, len(SIGNS))
        signs += SIGNS[sign]
    return f"{signs[:4]}-{signs[4:]}"


def attempt_id_of(reference: str) -> int | None:
    """Return the id of the attempt with this code, or None for a text that is no code. Case and hyphen do not matter."""
    signs = reference.strip().upper().replace("-", "")
    if len(signs) != LENGTH or not set(signs) <= set(SIGNS):
        return None
    value = 0
    for sign in reversed(signs):
        value = value * len(SIGNS) + SIGNS.index(sign)
    inverse = pow(FACTOR, -1, COUNT)
    return (value - OFFSET) * inverse % COUNT
