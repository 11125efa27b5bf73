"""What attackers share who learn from other people's heads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from reid_audit.reconstruct.population import HeadPopulation, learn_population
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Volume

__all__ = ["Learner"]


@dataclass(frozen=True, eq=False)
class Learner:
    """A reconstructor that rests on a population of heads.

    Parameters
    ----------
    population : HeadPopulation, optional
        What was learnt; without it :meth:`learn` comes first.
    """

    name: ClassVar[str]
    """Under which it is registered."""

    population: HeadPopulation | None = None

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hash of what was learnt."""
        learnt = () if self.population is None else (self.population.sha256,)
        return ModelSpec(self.name, "1", "Apache-2.0", learnt)

    def learn(self, originals: Sequence[Volume]) -> Self:
        """Return one that has learnt from other people's heads.

        Parameters
        ----------
        originals : sequence of Volume
            Whole heads, one a person.

        Returns
        -------
        Learner
            Of the same class.

        Raises
        ------
        UsageError
            They are too few, or of several kinds.
        HeadError
            Too few of them show a head that can be laid on the others.
        """
        return replace(self, population=learn_population(originals))
