"""The public pages: parse, query, context, respond."""
