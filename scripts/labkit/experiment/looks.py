"""looks.py - how much of alpha a look at the data may spend.  shares of the design, blocks so far -> share of this look

Each look of a stage has its share of alpha, and they add up to 1: so the error rates hold over all looks, whatever made
somebody look again (Bonferroni). A look at which so few blocks could not reach their share in any case spends nothing, and
leaves it to the next; one that has no more blocks than the one before adds its share to it. Both depend on the number of blocks
and not on what they say.
"""

from dataclasses import dataclass

from labkit.stats.power import blocks_at_least


@dataclass
class Looks:
    """Of one case. alpha: of all its looks, after its family."""

    alpha: float
    blocks_count: int = 0  # at the last look
    share: float = 0.0  # of the last look
    has_spent: bool = False

    def take(self, share: float, blocks_count: int) -> float:
        """The share of alpha by which these blocks are judged, if there may be another look."""
        reached = self.share + share if not self.has_spent or blocks_count == self.blocks_count else share
        can_decide = blocks_count >= blocks_at_least(self.alpha * reached)
        self.share, self.blocks_count = reached, blocks_count
        self.has_spent = self.has_spent or can_decide
        return reached

    @property
    def final_share(self) -> float:
        """When there will be no more looks: all of alpha, if no look before could have spent any."""
        return self.share if self.has_spent else 1.0
