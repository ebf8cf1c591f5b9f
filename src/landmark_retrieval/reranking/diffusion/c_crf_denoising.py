"""Similarities denoised by a conditional random field on each image's neighbourhood (C-CRF, ICIP 2025)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Floats
from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.parallel.parallel_for import parallel_for
from landmark_retrieval.ranking import PADDING, Ranking


class CliqueField(Settings):
    """What the field is made of; the authors' symbols are α, β, σ_g and σ_k.

    Attributes:
        clique: images whose similarities are made to agree, the image itself included.
        unary: weight of the similarities as they are (α).
        pairwise: weight of agreement (β).
        distance_scale: of Euclidean distances (σ_g).
        divergence_scale: of divergences (σ_k).
        field_tolerance: residual at which conjugate gradients stop, absolute and relative to `α·sims`.
        field_iterations: steps of conjugate gradients at most.
    """

    clique: int = Field(default=1_000, gt=0)
    unary: float = Field(default=1.0, gt=0)
    pairwise: float = Field(default=0.1, ge=0)
    distance_scale: float = Field(default=0.9, gt=0)
    divergence_scale: float = Field(default=3.5e-4, gt=0)
    field_tolerance: float = Field(default=1e-5, gt=0)
    field_iterations: int = Field(default=20, ge=0)


def denoise(neighbours: Ranking, index: Floats, settings: CliqueField) -> Ranking:
    """The first `clique` images of each list, ordered and scored by their denoised similarities; stable.

    Args:
        neighbours: ranking of the index for its own images.
        index: `(n_index, dim)`, L2-normalised, possibly memory-mapped; read a clique at a time.
        settings: of the field.

    Raises:
        DataError: a vector holds NaN or infinity.
    """
    positions = neighbours.positions[:, : settings.clique].copy()
    scores = neighbours.scores[:, : settings.clique].copy()

    def work(image: int) -> None:
        listed = positions[image][positions[image] != PADDING]
        vectors = index[listed].astype(np.float32)
        if not np.isfinite(vectors).all():
            raise DataError(f"c_crf: an index row in the list of row {image} holds NaN or infinity")
        denoised = denoise_clique(vectors, scores[image, : len(listed)], settings)
        order = np.argsort(-denoised, kind="stable")
        positions[image, : len(listed)], scores[image, : len(listed)] = listed[order], denoised[order]

    parallel_for(work, len(positions), "c_crf")
    return Ranking(positions, scores, neighbours.n_index, neighbours.ids_fingerprint)


def denoise_clique(vectors: Float32s, similarities: Float32s, settings: CliqueField) -> Float32s:
    """`μ` with `(αI + β(Diag(W1) − W)) μ = α·sims`, from `α·sims` on, `(m,)`.

    Args:
        vectors: `(m, dim)` of the clique.
        similarities: `(m,)` of the clique to the image it belongs to.
        settings: of the field.
    """
    weights = clique_weights(vectors, settings.distance_scale, settings.divergence_scale)
    diagonal = settings.unary + settings.pairwise * weights.sum(axis=1)

    def field(values: Float32s) -> Float32s:
        return diagonal * values - settings.pairwise * (weights @ values)

    given = np.float32(settings.unary) * similarities
    return _conjugate_gradients(field, given, settings.field_tolerance, settings.field_iterations)


def clique_weights(vectors: Float32s, distance_scale: float, divergence_scale: float) -> Float32s:
    """`W = exp(−d²/2σ_g²)·exp(−J²/2σ_k²)`, `(m, m)` with a zero diagonal, of a clique's `(m, dim)` vectors.

    d is the Euclidean distance of two images, with negative cosines at 0. J, the symmetrised Kullback–Leibler
    divergence halved, compares how they see the clique: rows s of its cosines, L2-normalised, p = softmax(s);
    then `J_ij = ½(p_i − p_j)·(s_i − s_j)`, as the normalisation of softmax cancels. Scales: σ_g, σ_k.
    """
    cosines = np.maximum(vectors @ vectors.T, 0)
    lengths = np.linalg.norm(cosines, axis=1, keepdims=True)
    rows = cosines / np.maximum(lengths, np.float32(1e-12))
    shares = np.exp(rows - rows.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    # what all rows have in common is in no difference, and would cost digits
    shares -= shares.mean(axis=0)
    rows -= rows.mean(axis=0)
    cross = shares @ rows.T
    own = np.diagonal(cross)
    divergence = (own[:, None] + own - cross - cross.T) / 2
    exponent = np.maximum(2 - 2 * cosines, 0) / (-2 * distance_scale**2)
    exponent -= np.square(divergence) / (2 * divergence_scale**2)
    weights = np.exp(exponent)
    np.fill_diagonal(weights, 0)
    return weights


def _conjugate_gradients(
    field: Callable[[Float32s], Float32s], given: Float32s, tolerance: float, iterations: int
) -> Float32s:
    """Solution of `field(x) = given`, from `x = given` on."""
    solution = given.copy()
    residual = given - field(solution)
    direction, square = residual, residual @ residual
    enough = (tolerance * max(1.0, float(np.linalg.norm(given)))) ** 2
    for _ in range(iterations):
        if square <= enough:
            break
        image = field(direction)
        step = square / (direction @ image)
        solution += step * direction
        residual = residual - step * image
        before, square = square, residual @ residual
        direction = residual + (square / before) * direction
    return solution
