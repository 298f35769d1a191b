"""How the site is watched: request ids, logs, slow queries, metrics, reports of errors. Nothing personal is in them."""
