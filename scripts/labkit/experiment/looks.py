"""looks.py - how much of alpha a look at the data may spend.  shares of the design, blocks so far -> share of this look

Each look of a stage has its share of alpha, and the shares add up to 1, so the error rates hold over all looks, whatever the
reason for another look was (Bonferroni). A look with too few blocks to be significant at its share spends nothing and leaves
its share to the next look; a look without new blocks adds its share to the previous one. Both rules depend on the number of
blocks and not on their results.
"""

from dataclasses import dataclass

from labkit.stats.power import blocks_at_least


@dataclass
class Looks:
    """The looks at one case. alpha: that of all its looks, corrected for its family."""

    alpha: float
    blocks_count: int = 0  # at the last look
    share: float = 0.0  # of the last look
    has_spent: bool = False

    def spend(self, share: float, blocks_count: int) -> float:
        """Spend this look's share; returns the share of alpha by which these blocks are judged, if another look may follow."""
        reached = self.share + share if not self.has_spent or blocks_count == self.blocks_count else share
        can_decide = blocks_count >= blocks_at_least(self.alpha * reached)
        self.share, self.blocks_count = reached, blocks_count
        self.has_spent = self.has_spent or can_decide
        return reached

    @property
    def final_share(self) -> float:
        """The share at the last look: all of alpha, if no earlier look could have spent any."""
        return self.share if self.has_spent else 1.0
