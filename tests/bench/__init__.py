"""The benchmark: ``python -m tests.bench [--quick]``, which is what ``make bench`` runs.

Each page of the directory is measured in turn with controls: a constant body under the same server and settings, the
same pages done the usual way in Django, and Datasette, all on the same invented records. Not collected by pytest.
"""
