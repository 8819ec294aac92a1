"""Declare states and moves; perform a move; say what may be done now.

A domain declares its flow once (``Flow``, ``@flow.move``). From the declaration come the buttons on the
page, the moves of the API, the database's constraint on states, the diagram in the documentation and the
random walk that tests it.
"""
