"""Backups of the whole database, made and restored while the site goes on.

``files`` is the file, ``contents`` what a database holds, ``sqlite`` and ``postgresql`` what each engine does its own
way, ``making`` and ``restoring`` what the commands ask for.
"""
