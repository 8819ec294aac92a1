"""The platform on a database that is distributed by district.

Needs a Citus cluster: ``LINLI_TEST_CITUS_URL`` names a database of its coordinator in which the nodes are
registered. Elsewhere the summary says that these tests were not run.
"""
