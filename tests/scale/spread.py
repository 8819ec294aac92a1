"""What is true of a distributed database alone. Run by ``test_citus`` in a process of its own."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from linli.config.scale import schema
from linli.config.scale.check import problems
from linli.config.scale.distribute import distribute
from linli.config.scale.placement import Place
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, Report, Task
from linli.domains.cases.tests.steps import FAR_GRID, closed, dispatched, filed
from linli.kernel.clocks.firing import fire
from linli.kernel.clocks.models import Clock
from linli.kernel.insight.keeping import keep
from linli.kernel.insight.standing import STANDING
from linli.kernel.journal import partitions
from linli.kernel.journal.models import Entry
from linli.kernel.journal.verify import verify
from linli.kernel.records.changes import Changes, Stale
from linli.kernel.records.distribution import is_distributed
from linli.lib.time import today
from tests.city import City

pytestmark = pytest.mark.django_db


def asked(sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def carry_out(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_every_table_stands_where_it_is_declared() -> None:
    assert is_distributed()
    known = schema.read()
    assert problems(known) == []
    found = dict(asked("SELECT table_name::text, citus_table_type FROM citus_tables"))
    assert {found.get(table.name) for table in known.at(Place.SHARDED)} == {"distributed"}
    assert {found.get(table.name) for table in known.at(Place.REFERENCE)} == {"reference"}
    assert {found.get(table.name) for table in known.at(Place.LOCAL)} <= {None, "local"}


def test_what_is_distributed_stays_as_it_is() -> None:
    said: list[str] = []
    assert distribute(say=said.append) == 0
    assert said == []


def test_rows_of_a_district_lie_together(city: City) -> None:
    here, far = dispatched(city), filed(FAR_GRID)
    assert here.district != far.district
    shards = "SELECT get_shard_id_for_distribution_column(%s::regclass, %s)"
    nodes = "SELECT nodeport FROM pg_dist_shard_placement WHERE shardid = %s"
    for district in (here.district, far.district):
        found = set()
        for model in (Case, Report, Task, Clock, Entry):
            ((shard,),) = asked(shards, model._meta.db_table, district)
            found |= set(asked(nodes, shard))
        assert len(found) == 1, "all families of a district are on one node"


def test_a_plan_over_two_districts_is_written_whole_or_not_at_all(city: City) -> None:
    here, far = filed(), filed(FAR_GRID)
    plan = Changes()
    plan.move(here, here.version, title="甲")
    plan.move(far, far.version + 1, title="乙")
    with pytest.raises(Stale), transaction.atomic():
        plan.write()
    assert not Case.objects.filter(title__in=["甲", "乙"]).exists()
    plan = Changes()
    plan.move(here, here.version, title="甲")
    plan.move(far, far.version, title="乙")
    plan.write()
    assert Case.objects.filter(title__in=["甲", "乙"]).count() == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET state = 'closed'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
        "DELETE FROM journal_remark",
    ],
)
def test_the_journal_is_append_only_on_every_node(city: City, statement: str) -> None:
    closed(city)
    with pytest.raises(DatabaseError, match="changed"), transaction.atomic():
        carry_out(statement)
    assert verify().problems == []


def test_a_district_says_which_shard_is_asked(city: City) -> None:
    case = filed()
    told = asked("EXPLAIN SELECT * FROM cases_case WHERE id = %s AND district = %s", case.pk, case.district)
    assert any("Task Count: 1" in str(line) for line in told)


def test_clocks_fire_once_in_every_district(city: City) -> None:
    filed()
    filed(FAR_GRID)
    last = Clock.objects.order_by("-due_at").values_list("due_at", flat=True)[0]
    running = Clock.objects.filter(overdue_fired_at=None, stopped_at=None, due_at__lte=last).count()
    assert running >= 2
    at = last.replace(year=last.year + 1)
    assert fire(at).overdue == running
    assert fire(at).overdue == 0


def test_the_figures_that_stand_follow_the_journal(city: City) -> None:
    standing = STANDING[flow.family]
    assert keep(standing)
    before = asked("SELECT coalesce(sum(number), 0) FROM insight_sum WHERE area = '' AND name = 'open'")
    filed()
    filed(FAR_GRID)
    assert keep(standing)
    after = asked("SELECT coalesce(sum(number), 0) FROM insight_sum WHERE area = '' AND name = 'open'")
    assert (before, after) == ([(0,)], [(2,)])


def test_months_to_come_get_their_partition() -> None:
    day = today().replace(year=2031, month=3, day=1)
    made = partitions.ensure(day, day)
    assert made == ["journal_entry_203103"]
    ((kind,),) = asked("SELECT citus_table_type FROM citus_tables WHERE table_name = %s::regclass", made[0])
    assert kind == "distributed"
