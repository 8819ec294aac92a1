from linli.kernel.access.roles import ability

EDIT_CALENDAR = ability(
    "clocks.edit_calendar", "维护工作日历", "载入放假安排，设定某日为工作日或休息日；涉及的时限随之重算并留痕"
)
