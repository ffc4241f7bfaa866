"""Figures of what suffers under other work: pages that are asked for meanwhile, and the event loop."""

from collections.abc import Mapping

from bench.figures import Figure, median, ms, percentile, times


def pages_beside(
    part: str,
    what: str,
    quiet: Mapping[str, list[float]],
    looked: Mapping[str, list[float]],
    longest: float,
    *,
    was_work: bool = True,
) -> list[Figure]:
    """Seconds by page, with nothing beside them and beside `what`; none holds where that was not `was_work` enough."""
    made = []
    for path, taken in looked.items():
        still, busy = percentile(quiet[path], 0.95), percentile(taken, 0.95)
        made.append(
            Figure(
                part, f'GET {path} beside {what}, 95 %', f'beside none {ms(still)}',
                f'{ms(busy)} (half: {ms(median(taken))})', times(busy / still),
                f'under {ms(longest)}', busy < longest and was_work,
            )
        )  # fmt: skip
    return made


def lag_beside(part: str, what: str, said: Mapping[str, float], longest: float) -> Figure:
    """`lag_before`, `lag` (of 95 in 100) and `most` in seconds, as `said`."""
    return Figure(
        part, f'Lag of the event loop during {what}, 95 %', f'before it {ms(said["lag_before"])}',
        f'{ms(said["lag"])} (most: {ms(said["most"])})', times(said['lag'] / max(said['lag_before'], 1e-4)),
        f'under {ms(longest)}', said['lag'] < longest,
    )  # fmt: skip
