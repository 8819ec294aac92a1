"""The one place where personal data is kept.

Names, phones, identity numbers, exact addresses and sensitive circumstances live in ``Person`` rows,
encrypted with a key that the database never sees; every other room holds a person's id and, for lists,
asks ``queries.masks``. Plain values leave only through ``actions.read``, for a declared purpose, by a post
that may, with a reason, and the reading is committed to the log before the caller gets the values.

What a domain declares (``purposes``): its purposes, and for each family of records the guard that says
whose record an actor may see. No purpose or no guard, no reading.

Legal duties kept here (numbers of the checks in the project's list of duties on personal data): P01 basis
per purpose, P02 version of the notice, P03 refusal outside the purpose, logged, P04 masks and reasons,
P10 retention, P17 log of at least 184 days, P19 encryption, P20 confidentiality of the reporter,
P23 no use beyond the purpose.
"""
