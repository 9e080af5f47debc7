"""From the inputs of a study to the factors of an audience estimate."""

from __future__ import annotations

from microwork_estimate import platforms
from microwork_estimate.study.task import Task

FACTORS = ("measurement", "territory_share", "worker_share", "devices_per_person", "platforms_per_person")


def audience_factors(task: Task) -> platforms.AudienceFactors:
    """Return the five uncertain factors between a visit and a worker, as the study file states them."""
    return platforms.AudienceFactors(**{role: task.inputs.elicited(role) for role in FACTORS})
