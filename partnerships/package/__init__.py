"""The data package: the one format in which the directory is loaded, exported and exchanged.

``tables`` says what it consists of, ``reading`` checks a package on disk, ``writing`` makes one from the database,
``describing`` says what a package tells of itself, ``download`` keeps the present one as one file.
"""
