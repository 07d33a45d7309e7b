"""Classical filters of image processing."""
from __future__ import annotations
import numpy as np
VEF = np.array([[1., 0, -1]] * 3)
HEF = VEF.T.copy()
