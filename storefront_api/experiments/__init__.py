"""Experiments: started and stopped as data, noted when somebody is exposed."""
