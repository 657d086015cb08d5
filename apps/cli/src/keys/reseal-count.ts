/** What one run of `npm run keys` found in one column. */
export class ResealCount {
  /** Values that were sealed anew, or would be. */
  resealed = 0;
  /** Values that are sealed with the current key after the run. */
  current = 0;
  /** Values that other transactions locked during the whole run. */
  remaining = 0;
  /** Values that no key opens, by the id of the key that sealed them. */
  readonly unopened = new Map<string, number>();

  constructor(readonly name: string) {}

  get unopenedTotal(): number {
    return [...this.unopened.values()].reduce((sum, count) => sum + count, 0);
  }

  addUnopened(keyId = 'none: the format is unknown'): void {
    this.unopened.set(keyId, (this.unopened.get(keyId) ?? 0) + 1);
  }
}
