"""Kedro's settings: https://docs.kedro.org/en/stable/configure/kedro_project_settings."""

from omegaconf.resolvers import oc

from landmark_retrieval.config_loader import ComposedConfigLoader
from landmark_retrieval.hooks.experiments import ExperimentsHooks
from landmark_retrieval.hooks.lineage import LineageHooks
from landmark_retrieval.hooks.mlflow_runs import MlflowHooks
from landmark_retrieval.hooks.progress import ProgressHooks
from landmark_retrieval.hooks.seeds import SeedHooks

HOOKS = (ExperimentsHooks(), SeedHooks(), ProgressHooks(), LineageHooks(), MlflowHooks())

CONFIG_LOADER_CLASS = ComposedConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "base",
    "merge_strategy": {"parameters": "soft", "tracking": "soft"},
    "config_patterns": {"tracking": ["tracking*", "tracking*/**"]},
    "custom_resolvers": {"oc.env": oc.env},
}
