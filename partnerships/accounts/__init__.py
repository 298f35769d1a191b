"""How signing in works here: what django-allauth asks the project, and what is noted of its answers."""
