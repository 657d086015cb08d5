/**
 * Returns the area under the ROC curve: the probability that a random value of `positives` is above a random value of
 * `negatives`, where equal values count half. 0.5 means that the values do not distinguish the classes.
 */
export function areaUnderRoc(positives: readonly number[], negatives: readonly number[]): number {
  let wins = 0;
  for (const positive of positives)
    for (const negative of negatives) wins += positive > negative ? 1 : positive === negative ? 0.5 : 0;
  return wins / (positives.length * negatives.length);
}
