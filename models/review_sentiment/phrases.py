"""Phrases that lean to praise or to complaint, found in the reviews themselves: no word list, nothing downloaded.

Phrases of two and three words are weighed by how much more often they stand in sentences that complain than in those that
praise: the log-odds of Monroe, Colaresi and Quinn, "Fightin' Words" (2008), eq. 16 to 22, with the phrase's own frequency
as prior.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.review_sentiment.dataset import TONES

# A phrase leans beyond chance, and at least so many times as often to one side as to the other.
_LEAST_Z = 1.96
_LEAST_ODDS = 4.0
_PRIOR = 50.0  # phrases' worth of prior knowledge, shared out by frequency
# Frequent words that lean nowhere ("the", "was") neither begin nor end a phrase.
_FREQUENT = 0.015
_IDLE_ODDS = 3.0

Counts = NDArray[np.int_]

_SENTENCE = re.compile(r"[.!?\n\u0964]+")
_WORD = re.compile(r"[^\W\d_][^\s\W\d_\u0964]*(?:[\u0900-\u09ff\u200c\u200d'’-][^\s\W\d_]*)*")


def sentences_of(text: str) -> list[str]:
    """The sentences of a review in lower case, without their stops."""
    return [part for raw in _SENTENCE.split(text) if (part := raw.strip().casefold())]


def phrases_of(sentence: str) -> frozenset[str]:
    """Words, pairs and triples of neighbouring words."""
    words = _WORD.findall(sentence)
    pairs = [f"{one} {two}" for one, two in pairwise(words)]
    return frozenset(words + pairs + [f"{pair} {word}" for pair, word in zip(pairs, words[2:], strict=False)])


def leanings(sentences: Sequence[str], phrases: Mapping[str, frozenset[str]], tone: Mapping[str, int]) -> dict[str, float]:
    """Each phrase that leans clearly: its log-odds, above zero where it complains.

    Args:
        sentences: as often as they were written.
        phrases, tone: of each distinct sentence; the tone is a position in `TONES`.
    """
    complaints: Counter[str] = Counter()
    praises: Counter[str] = Counter()
    for sentence in sentences:
        if tone[sentence] == TONES.index("negative"):
            complaints.update(phrases[sentence])
        elif tone[sentence] == TONES.index("positive"):
            praises.update(phrases[sentence])
    names = sorted(complaints.keys() | praises.keys())
    if len(names) < 2:  # nothing to tell it from
        return {}
    odds, z = _log_odds(np.array([complaints[name] for name in names]), np.array([praises[name] for name in names]))
    said = np.array([complaints[name] + praises[name] for name in names])
    is_word = np.array([" " not in name for name in names])
    is_idle = is_word & (said > _FREQUENT * len(sentences)) & (np.abs(odds) < np.log(_IDLE_ODDS))
    idle = {name for name, yes in zip(names, is_idle, strict=True) if yes}
    leans = ~is_word & (np.abs(odds) >= np.log(_LEAST_ODDS)) & (np.abs(z) >= _LEAST_Z)
    return {
        name: float(value)
        for name, value, yes in zip(names, odds, leans, strict=True)
        if yes and not {name.split()[0], name.split()[-1]} & idle
    }


def _log_odds(against: Counts, favour: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-odds of each phrase against rather than in favour, and how many standard errors it is away from none."""
    prior = _PRIOR * (against + favour) / (against + favour).sum()

    def of_one_side(counts: Counts) -> NDArray[np.float64]:
        return np.asarray(np.log((counts + prior) / (counts.sum() + _PRIOR - counts - prior)))

    odds = of_one_side(against) - of_one_side(favour)
    return odds, odds / np.sqrt(1 / (against + prior) + 1 / (favour + prior))
