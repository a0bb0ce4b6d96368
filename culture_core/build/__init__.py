"""Building everything for a population: the plan kept in its folder, and the stages that carry it out."""

from culture_core.build.plan import BuildPlan, changed, hooks_named, plan_of, write_plan
from culture_core.build.stages import BuildOptions, Stage, build_stages

__all__ = [
    "BuildOptions",
    "BuildPlan",
    "Stage",
    "build_stages",
    "changed",
    "hooks_named",
    "plan_of",
    "write_plan",
]
