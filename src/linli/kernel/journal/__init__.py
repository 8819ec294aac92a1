"""The append-only record of moves: one hash chain per record, a root over all chains per day.

An entry states facts (who, when, which move, which state, ids, codes, limits); it is never changed.
Words that people wrote are kept beside it as a ``Remark``, of which the entry holds a salted digest: so
a remark that must be erased (personal data, a court's order) can go without breaking the chain, and its
absence shows.
"""
