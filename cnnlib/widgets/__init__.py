"""What a reader can try: alive on the static page and in JupyterLab.

They are ordinary ipywidgets: ``observe``, ``link`` and ``HBox`` work with them.
"""

from cnnlib.widgets.architecture_builder import ArchitectureBuilder
from cnnlib.widgets.augmentation_lab import AugmentationLab
from cnnlib.widgets.backward_explorer import BackwardExplorer
from cnnlib.widgets.connectivity_morph import ConnectivityMorph
from cnnlib.widgets.convolution_explorer import ConvolutionExplorer
from cnnlib.widgets.descent_explorer import DescentExplorer
from cnnlib.widgets.digit_pad import DigitPad
from cnnlib.widgets.feature_maps import FeatureMaps
from cnnlib.widgets.filter_lab import FilterLab
from cnnlib.widgets.inception_designer import InceptionDesigner
from cnnlib.widgets.kernel_player import KernelPlayer
from cnnlib.widgets.padding_explorer import PaddingExplorer
from cnnlib.widgets.pooling_explorer import PoolingExplorer
from cnnlib.widgets.progress import Progress
from cnnlib.widgets.quick_question import QuickQuestion
from cnnlib.widgets.residual_explorer import ResidualExplorer
from cnnlib.widgets.training_player import TrainingPlayer
from cnnlib.widgets.volume_convolution import VolumeConvolution

__all__ = [
    "ArchitectureBuilder",
    "AugmentationLab",
    "BackwardExplorer",
    "ConnectivityMorph",
    "ConvolutionExplorer",
    "DescentExplorer",
    "DigitPad",
    "FeatureMaps",
    "FilterLab",
    "InceptionDesigner",
    "KernelPlayer",
    "PaddingExplorer",
    "PoolingExplorer",
    "Progress",
    "QuickQuestion",
    "ResidualExplorer",
    "TrainingPlayer",
    "VolumeConvolution",
]
