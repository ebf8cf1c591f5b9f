"""From evidence to manifests: which images a training set keeps, and why."""
