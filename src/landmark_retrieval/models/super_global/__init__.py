"""SuperGlobal: pooling of feature maps without training (Shao et al. 2023)."""
