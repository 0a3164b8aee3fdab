"""Creates a course with the given number of attempts, four of each learner; prints the course and a session of its staff."""

import datetime
import sys

import django

django.setup()

import data  # noqa: E402  needs the settings
from django.contrib.auth import get_user_model  # noqa: E402  needs the settings
from django.core.management import call_command  # noqa: E402  needs the settings
from django.test import Client  # noqa: E402  needs the settings

call_command("migrate", verbosity=0, interactive=False)
data.fill(int(sys.argv[1]) // 4, datetime.datetime.now(datetime.UTC))
client = Client()
client.force_login(get_user_model().objects.get(username="staff"))
print(data.COURSE, client.cookies["sessionid"].value)
