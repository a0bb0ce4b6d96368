"""Features: tables, filters, lists to step through, what each fires on and detects."""
