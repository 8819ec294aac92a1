"""Notices to units and posts inside the platform, and messages to residents outside it.

A deed tells whom it concerns by adding rows to its own plan (``actions.tell``), so a notice exists exactly
if the deed does. Nobody is nudged at night: outside an emergency a notice written in the quiet hours counts
as unread only from their end. Many notices of one kind about one record are shown as one.

What is read is marked, when it was read is not: no table here tells when a person was at work.

Messages to residents wait in an outbox and leave through a channel (``channels``), each at most once.
"""
