"""Networks are built of layers, and of networks: in series, around a shortcut, or side by side.

A block is a layer like any other. It has no parameters of its own and no mathematics but the sum of
a residual block and the chain rule, so ResNet and Inception are compositions, not special cases.
"""

from cnnlib.blocks.parallel import Concat, Residual
from cnnlib.blocks.sequential import Sequential

__all__ = ["Concat", "Residual", "Sequential"]
