"""How the whole marketplace does, for its administrators: revenue, funnel, cohorts, sellers, and who is likely to stay away."""
