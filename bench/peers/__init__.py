"""Other systems, measured by the driver that measures Linli, on the same database server, in the same run.

``protocol`` says what is asked of each: ``create``, ``move``, ``list``, ``detail``, and a ``dashboard`` where
it has one. ``linli`` answers it for this checkout; ``helpdesk`` and ``tracker`` for django-helpdesk and
Request Tracker 5, which are installed from their own packages into ``<data>/peers`` (``linli bench peers
--install``) and never become part of this repository. ``measure`` runs them side by side.
"""
