"""Our models beside plain baselines on a table that somebody brings: one module per task, one form of report."""
