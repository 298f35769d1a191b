"""Who is connected with whom across the Pacific, and where several work side by side without a common record."""
