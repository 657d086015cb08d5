/** The counts of one column in one run of `npm run keys`. */
export class ResealCount {
  /** Number of values that the run has resealed, or would reseal if it were no dry run. */
  resealed = 0;
  /** Number of values that are sealed with the current key after the run. */
  current = 0;
  /** Number of values that other transactions locked during the whole run. */
  remaining = 0;
  /** Number of values that cannot be opened, because their key is missing. By the id of that key. */
  readonly unopened = new Map<string, number>();

  constructor(readonly name: string) {}

  get unopenedTotal(): number {
    return [...this.unopened.values()].reduce((sum, count) => sum + count, 0);
  }

  addUnopened(keyId = 'none: the format is unknown'): void {
    this.unopened.set(keyId, (this.unopened.get(keyId) ?? 0) + 1);
  }
}
