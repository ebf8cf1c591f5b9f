"""Kedro datasets of this project, all saved atomically."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "file_tree": ["FileTreeDataset"],
        "folders": [
            "DelfModelDataset",
            "EvidenceDataset",
            "FaissIndexDataset",
            "LocalFeaturesDataset",
            "ModelDataset",
            "OfflineDiffusionDataset",
            "RankingDataset",
        ],
        "html": ["HtmlDataset"],
        "kedro_files": ["AtomicCSVDataset", "AtomicJSONDataset", "AtomicMatplotlibDataset"],
        "lineage_records": ["LineageRecordDataset"],
        "read_only": ["WorkFolderDataset"],
        "table": ["TableDataset"],
        "text_folder": ["TextFolderDataset"],
        "vectors": ["EmbeddingsDataset", "RegionEmbeddingsDataset"],
    },
)
