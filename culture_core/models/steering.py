"""A model with the value at one hook point replaced; the model itself stays unchanged.

Hooks set on a model are seen by everyone who uses it. Here nothing is set: a MyGPT takes the replacement as
an argument, and a HookedTransformer is used through a copy of its modules that shares the weights. So threads
may steer one model in different ways at the same time. Source: docs/reference/interventions.md,
"Interventions".
"""

import copy
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from culture_core.errors import CultureError
from culture_core.models.generation import generate, quiz_tokens
from culture_core.models.guessing import greedy_answers
from culture_core.models.mygpt import EDIT_POINTS, Edit, MyGPT, shift_right
from culture_core.models.protocols import GPT, HookedModel
from culture_core.world.quizzes import QuizBatch

Replacement = Callable[[Tensor], Tensor]

RESID_POST = "hook_resid_post"


@dataclass(frozen=True)
class Halfway:
    """Quizzes read by a MyGPT up to a hook point, from where they can be finished in many ways.

    x: (n, t, d) the value at hook_resid_post; for another hook point the residual stream that enters its
    block. first: the block to go on with.
    """

    model: MyGPT
    hook: str
    x: Tensor
    first: int

    def logits(self, replace: Replacement | None = None) -> Tensor:
        """Logits (n, t, 15) with the value at the hook point replaced, or unchanged."""
        if replace is None:
            return self.model.finish(self.x, self.first)
        if self.hook.endswith(RESID_POST):
            return self.model.finish(replace(self.x), self.first)
        return self.model.finish(self.x, self.first, edit=edit_at(self.hook, replace))


def halfway(model: MyGPT, hook: str, tokens: Tensor) -> Halfway:
    """Read quizzes (n, t) up to a hook point.

    Errors: CultureError when a MyGPT has no such hook point.
    """
    block, point = block_and_point(model, hook)
    first = block + 1 if point == RESID_POST else block
    x = model.embed(shift_right(tokens))
    for number in range(first):
        x = model.blocks[number](x)
    return Halfway(model, hook, x, first)


def edit_at(hook: str, replace: Replacement) -> Edit:
    """The intervention that replaces the value at one hook point."""
    return lambda name, value: replace(value) if name == hook else value


def place_of_hook(hook: str, n_blocks: int) -> tuple[int, str] | None:
    """The block and the kind of a hook point of a MyGPT of so many blocks; None when it has no such one."""
    found = re.fullmatch(r"blocks\.(0|[1-9][0-9]*)\.(.+)", hook)
    if found is None or int(found[1]) >= n_blocks or found[2] not in EDIT_POINTS:
        return None
    return int(found[1]), found[2]


def block_and_point(model: MyGPT, hook: str) -> tuple[int, str]:
    """The block and the kind of a hook point, as in 2 and "hook_resid_post".

    Errors: CultureError when a MyGPT has no such hook point.
    """
    place = place_of_hook(hook, model.config.n_blocks)
    if place is not None:
        return place
    raise CultureError(
        f"no intervention at {hook!r}: hook points are blocks.0 to blocks.{model.config.n_blocks - 1} with "
        f"{', '.join(EDIT_POINTS)}"
    )


def steered(model: GPT, hook: str, replace: Replacement) -> Callable[[Tensor], Tensor]:
    """The model with the value at a hook point replaced: a function of tokens (n, 404), logits (n, 404, 15).

    model: MyGPT or HookedTransformer. Any number of threads may call the function.
    """
    if isinstance(model, MyGPT):
        block_and_point(model, hook)
        return lambda tokens: model.read(shift_right(tokens), edit=edit_at(hook, replace))
    own = _with_hook(model, hook, replace)
    return lambda tokens: own(shift_right(tokens.long()))


def steered_answers(model: GPT, quizzes: QuizBatch | Tensor, hook: str, replace: Replacement) -> Tensor:
    """Quizzes whose last grid is generated greedily, the value replaced at every step: (n, 404) uint8.

    model: MyGPT or HookedTransformer. quizzes: QuizBatch or tokens (n, 404).
    """
    if isinstance(model, MyGPT):
        block_and_point(model, hook)
        return greedy_answers(model, quiz_tokens(quizzes), edit=edit_at(hook, replace)).tokens
    return generate(_with_hook(model, hook, replace), quizzes)[1]


def _with_hook(model: HookedModel, hook: str, replace: Replacement) -> HookedModel:
    """A copy of a HookedTransformer's modules, with the very same weights, that replaces a value."""
    if hook not in model.hook_dict:
        raise CultureError(f"no hook point {hook!r} in this model")
    shared = {id(tensor): tensor for tensor in itertools.chain(model.parameters(), model.buffers())}
    own = copy.deepcopy(model, memo=shared)
    own.add_hook(hook, lambda value, hook: replace(value))  # noqa: ARG005 - TransformerLens passes it by name
    return own
