"""The colours of figures and frames: Okabe and Ito's, which colour-blind readers can tell apart."""

from typing import Final

BLUE: Final = "#0072B2"
GREEN: Final = "#009E73"
RED: Final = "#D55E00"
GREY: Final = "#8A8A8A"
SERIES: Final = (BLUE, "#E69F00", GREEN, "#CC79A7", "#56B4E9", RED)
