"""What can be allowed about lists."""

from __future__ import annotations

from linli.kernel.access.roles import ability

VIEW = ability("matters.view", "查看事项清单", "查看各类清单、历次版本和依据，包括不公开的事项")
EDIT = ability("matters.edit", "修订事项清单", "修订、停用本区域清单中的事项（每次修订形成新版本）")
REFUSALS = ability("matters.refusals", "查看清单外要求", "查看被拒绝的清单外要求及其交办单位")
