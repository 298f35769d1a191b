"""What registers of ties say, held against the directory: reading a file, finding the places, comparing.

Nothing is written here; ``services/reconciling.py`` keeps what comes of it.
"""
