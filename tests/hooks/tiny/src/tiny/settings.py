from landmark_retrieval.hooks.lineage import LineageHooks
from landmark_retrieval.hooks.mlflow_runs import MlflowHooks
from landmark_retrieval.hooks.progress import ProgressHooks
from landmark_retrieval.hooks.seeds import SeedHooks

HOOKS = (SeedHooks(), ProgressHooks(), LineageHooks(), MlflowHooks())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry", "kedro-viz")
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "base",
    "merge_strategy": {"parameters": "soft", "tracking": "soft"},
    "config_patterns": {"tracking": ["tracking*", "tracking*/**"]},
}
