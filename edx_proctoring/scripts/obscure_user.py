"""Convert a CSV of learners (columns email, user_id) into one of the old and new ids at a provider.

Keys come from the environment: DJANGO_SECRET_KEY (old ids) and PROCTORING_USER_OBFUSCATION_KEY (new ids).
"""

import argparse
import csv
import hashlib
import hmac
import os
import sys
from typing import TextIO

COLUMNS = ("email", "existing_user_id", "target_user_id")


def obscure(key: str, user_id: str, backend: str) -> str:
    """Return the HMAC-SHA1 of id and provider name, as hex."""
    return hmac.new(key.encode("ascii"), f"{user_id}{backend}".encode(), hashlib.sha1).hexdigest()


def rewrite(source: TextIO, target: TextIO, old_key: str, new_key: str, backend: str) -> int:
    """Write one row per learner; return how many."""
    rows = csv.DictReader(source)
    writer = csv.DictWriter(target, COLUMNS)
    writer.writeheader()
    count = 0
    for row in rows:
        old, new = (obscure(key, row["user_id"], backend) for key in (old_key, new_key))
        writer.writerow(dict(zip(COLUMNS, (row["email"], old, new), strict=True)))
        count += 1
    return count


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: obscure_user INPUT OUTPUT [--backend NAME]."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--backend", default="proctortrack")
    options = parser.parse_args(arguments)
    try:
        keys = (os.environ["DJANGO_SECRET_KEY"], os.environ["PROCTORING_USER_OBFUSCATION_KEY"])
    except KeyError as error:
        print(f"{error.args[0]} is not set.", file=sys.stderr)
        return 1
    with open(options.input, newline="", encoding="utf-8") as source:
        with open(options.output, "w", newline="", encoding="utf-8") as target:
            print(f"{rewrite(source, target, *keys, options.backend)} learners")
    return 0


if __name__ == "__main__":
    sys.exit(main())
