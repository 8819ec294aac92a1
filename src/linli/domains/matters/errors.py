"""Refusals of the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linli.lib.errors import Invalid, NotAllowed, NotFound


class MatterUnknown(NotFound):
    code = "matter_unknown"
    title = "清单中没有这一事项"


class MatterMistaken(Invalid):
    """A code in what was given; ``MatterUnknown`` is one that was asked for by its address."""

    code = "matter_unknown"
    title = "清单中没有这一事项"


class NotAdmitted(NotAllowed):
    """What is not on the list cannot be asked. ``details``: rule, list, performer, matter (code or none)."""

    code = "matter_not_admitted"
    title = "清单以外的事项不得交办"


@dataclass(frozen=True)
class Problem:
    """One fault in a list: where it is and what is wrong, in words for whoever edits the file."""

    file: str
    row: str
    field: str
    message: str

    def __str__(self) -> str:
        where = "，".join(part for part in (self.file, self.row, self.field and f"栏目 {self.field}") if part)
        return f"{where}：{self.message}" if where else self.message


class ListFaulty(Invalid):
    """A list that cannot be published; every problem is named and nothing was changed."""

    code = "list_faulty"
    title = "清单有误，未作任何更改"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(str(problem) for problem in self.problems)
        super().__init__(
            f"清单有 {len(self.problems)} 处错误，未作任何更改：\n{lines}",  # not shown
            fields={".".join(filter(None, (p.row, p.field))) or p.file: p.message for p in self.problems},
        )
