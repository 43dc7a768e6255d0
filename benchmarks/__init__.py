"""What takes how long and how much, each question in one file that prints its answer beside the machine."""
