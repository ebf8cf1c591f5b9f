"""DELF: attentive local features on the backbones of this project."""
