"""Links to other sites: which addresses may be contacted at all, one visit, what came of it; no database."""
