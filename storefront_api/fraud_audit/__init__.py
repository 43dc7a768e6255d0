"""Who did what at the fraud desk; the log takes no changes, so it can only be read here."""
