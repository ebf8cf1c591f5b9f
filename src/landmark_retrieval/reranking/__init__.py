"""Re-ranking methods, and chains of them."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ablation": ["Ablation"],
        "chain": ["Step", "apply_chain"],
        "diffusion.c_crf": ["CCRF"],
        "diffusion.diffusion": ["Diffusion"],
        "diffusion.offline_diffusion": ["OfflineDiffusionStep"],
        "diffusion.offline_diffusion_solving": ["solve_rows"],
        "diffusion.regional_diffusion": ["RegionalDiffusion"],
        "expansion.database_augmentation": ["AlphaDBA", "DBA"],
        "expansion.query_expansion": ["AQE", "AlphaQE"],
        "geometry": ["Geometry"],
        "graphs.explore_exploit": ["ExploreExploit"],
        "graphs.gnn": ["GNN"],
        "graphs.k_reciprocal": ["KReciprocal"],
        "inputs": ["NEEDS", "RerankingInputs", "read_inputs"],
        "knn": ["KNN"],
        "labels.calibrated_labels": ["CalibratedLabels"],
        "labels.insert_step": ["InsertStep"],
        "labels.landmark_aware": ["LandmarkAware"],
        "labels.sort_step": ["SortStep"],
        "labels.train_in_index": ["AddTrainToIndex", "DropTrain"],
        "regions": ["RegionEmbeddings", "Regions"],
        "shared_prefixes": ["share_prefixes"],
        "shortlist.spatial_verification": ["SpatialVerification"],
        "shortlist.super_global": ["SuperGlobal"],
        "step": ["RerankingStep", "depends_on_labels", "needs_of"],
    },
)
