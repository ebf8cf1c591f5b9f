"""Generated photographs of landmarks, in the formats of the real data sets."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "drawing.photograph": ["Photograph", "building_box", "render_photograph"],
        "plan.ground_truth": ["ground_truth"],
        "plan.plan": ["WorldPlan", "plan_world"],
        "plan.render": ["RenderedPart", "render_part"],
        "plan.settings": ["WorldSettings"],
    },
)
