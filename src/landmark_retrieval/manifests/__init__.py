"""Dataset manifests: what each version of a training set contains, and why."""
