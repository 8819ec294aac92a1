"""A queue that takes reports from anybody, and somebody of the staff who works in it.

Run once by django-helpdesk's own Python.
"""

import os

import django
from django.apps import apps

django.setup()
Queue = apps.get_model("helpdesk", "Queue")  # type: ignore[misc] # it is not installed where this is checked
Queue.objects.create(slug="reports", title="Reports", allow_public_submission=True)
User = apps.get_model("auth", "User")  # type: ignore[misc] # nor is this site set up there
User.objects.create_user(
    os.environ["PEER_USER"],
    "clerk@bench.example",
    os.environ["PEER_PASSWORD"],
    is_staff=True,
)
