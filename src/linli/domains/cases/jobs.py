"""Background work of the cases domain."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.domains.cases.learning import learn
from linli.domains.cases.publishing import publish_last_month
from linli.lib.errors import Refusal


@app.periodic(cron="30 18 * * *")  # 02:30 in the city
@app.task(queueing_lock="cases_learn", name="cases.learn")
def learn_nightly(timestamp: int) -> None:
    """Let the suggestion of matters learn from closed cases."""
    try:
        learn()
    except Refusal:  # too few closed cases yet: the list's own keywords go on alone
        return


@app.periodic(cron="20 16 * * *")  # 00:20 in the city
@app.task(queueing_lock="cases_publish", name="cases.publish")
def publish_nightly(timestamp: int) -> None:
    """Publish the month that is over, on its first night or, where that was missed, on the next."""
    publish_last_month()
