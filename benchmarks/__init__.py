"""What takes how long and how much, each question in one file that prints its answer beside the machine.

One thread, as the services run: with more, threads that wait for each other are counted as work.
"""

import os

# Before numpy loads its libraries.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
