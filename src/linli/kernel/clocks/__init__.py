"""Deadlines as objects, counted by the official working calendar.

``calendar`` is the arithmetic, without a database: what a limit of 4 working hours or 15 days means, from
any instant, under any schedule. ``actions`` start, pause, resume, extend and stop a clock as part of a
deed's plan of changes; nothing else moves it but a change of the calendar itself (``loading``), which is
recorded clock by clock. ``firing`` finds the clocks that are due soon or overdue, each exactly once.

Every clock is counted in *seconds of its measure*: an hour has 3,600 of them, a day 86,400, whether it is a
natural or a working one. In these units, at every instant, used + remaining = limit + extensions.
"""
