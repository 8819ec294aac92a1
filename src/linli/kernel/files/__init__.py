"""Photos and documents that belong to records.

A file is received first (``actions.receive``: checked by content, stored, pending) and attached later, in
the plan of the deed that it belongs to (``actions.attach``). What nobody attached within a day is removed.

Of an image there are three variants. The original stays as it came, for evidence, and is only for staff
who see the record. The display copy and the thumbnail are drawn anew from the pixels alone: place, time and
device (EXIF, GPS) and anything hidden behind the picture are gone. Other kinds have no such copy, because
nothing here can clean them: they are never ``is_public``.

Files are served over short-lived signed links (``links.url``); whoever makes a link has checked that the
viewer may see the record.
"""
