"""Many recordings by one command, on every core or on a cluster, and again from where it stopped."""

from hostmode.batching.batch import Batched, Failure, Progress, batch

__all__ = ["Batched", "Failure", "Progress", "batch"]
