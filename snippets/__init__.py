"""The code the articles teach, tested as it is shown."""

import os

os.environ["KERAS_BACKEND"] = "torch"
