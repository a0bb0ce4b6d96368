"""The tasks by name: `TASK_FUNCTIONS[name]` maps the draws of n quizzes to their grids and the truth about
them."""

from collections.abc import Callable

from culture_core.world.randomness import Draws
from culture_core.world.tasks import isometry, mazes, motion, rectangle_tasks, scale, symbols
from culture_core.world.tasks.record import TaskQuizzes

TASK_FUNCTIONS: dict[str, Callable[[Draws], TaskQuizzes]] = {
    "replace_color": rectangle_tasks.replace_color,
    "translate": rectangle_tasks.translate,
    "grow": rectangle_tasks.grow,
    "half_fill": rectangle_tasks.half_fill,
    "frame": rectangle_tasks.frame,
    "detect": rectangle_tasks.detect,
    "corners": rectangle_tasks.corners,
    "contact": rectangle_tasks.contact,
    "scale": scale.scale,
    "symbols": symbols.symbols,
    "path": mazes.path,
    "fill": mazes.fill,
    "isometry": isometry.isometry,
    "trajectory": motion.trajectory,
    "bounce": motion.bounce,
}
