"""How the fraud desk and the score behind it do: figures of a period, a threshold tried on the past, the fraud report."""
