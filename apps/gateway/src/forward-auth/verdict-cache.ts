/** A value that the cache may keep, with the labels by which it can be dropped. */
export interface Cacheable<T> {
  readonly value: T;
  /** Undefined for a value that must not be cached. */
  readonly labels: readonly string[] | undefined;
}

interface CacheOptions {
  /** Milliseconds for which a value is kept, counted from the start of its load; 0 for no cache. */
  readonly lifetimeMs: number;
  /** Largest number of values. A further value replaces the oldest. */
  readonly maxEntries: number;
  /** Returns milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

interface Entry<T> {
  readonly value: T;
  readonly until: number;
  readonly labels: readonly string[];
}

/**
 * Milliseconds for which a dropped label is remembered. A load that takes longer may cache a stale verdict, because its
 * label was dropped meanwhile.
 */
const DROPPED_MS = 60_000;

/**
 * Keeps verdicts for a short time, in the memory of this process. Requests for a key that is being loaded share the load.
 */
export class VerdictCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly keysByLabel = new Map<string, Set<string>>();
  private readonly loads = new Map<string, Promise<T>>();
  /** The time at which each label was last dropped, in chronological order. */
  private readonly dropped = new Map<string, number>();
  /** Results of loads that began before this time are not cached. */
  private keptSince = Number.NEGATIVE_INFINITY;
  private readonly now: () => number;

  constructor(private readonly options: CacheOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  get size(): number {
    return this.entries.size;
  }

  /** Returns the kept value of a key; undefined if no value is kept. */
  peek(key: string): T | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until > this.now() ? entry.value : undefined;
  }

  /** Returns the kept value of a key, or loads the value. The error of a failed load is not kept. */
  async get(key: string, load: () => Promise<Cacheable<T>>): Promise<T> {
    const kept = this.peek(key);
    if (kept !== undefined) return kept;
    const running = this.loads.get(key);
    if (running) return running;
    const loading = this.load(key, load).finally(() => {
      if (this.loads.get(key) === loading) this.loads.delete(key);
    });
    this.loads.set(key, loading);
    return loading;
  }

  /** Drops every value with the label, also one that is being loaded. */
  drop(label: string): void {
    for (const key of this.keysByLabel.get(label) ?? []) this.remove(key);
    const now = this.now();
    this.dropped.delete(label);
    this.dropped.set(label, now);
    this.forgetDropped(now);
    // The labels of running loads are not known yet, so any of them may have this label. Later requests must not share
    // those loads.
    this.loads.clear();
  }

  private async load(key: string, load: () => Promise<Cacheable<T>>): Promise<T> {
    const begun = this.now();
    const { value, labels } = await load();
    const until = begun + this.options.lifetimeMs;
    if (labels && until > this.now() && !this.wasDropped(labels, begun)) this.keep(key, { value, until, labels });
    return value;
  }

  private wasDropped(labels: readonly string[], begun: number): boolean {
    return begun < this.keptSince || labels.some((label) => (this.dropped.get(label) ?? -1) >= begun);
  }

  private keep(key: string, entry: Entry<T>): void {
    this.remove(key);
    this.entries.set(key, entry);
    for (const label of entry.labels) {
      const keys = this.keysByLabel.get(label) ?? new Set();
      this.keysByLabel.set(label, keys.add(key));
    }
    // A Map iterates in insertion order, which is roughly the order of expiry.
    for (const [oldest, { until }] of this.entries) {
      if (this.entries.size <= this.options.maxEntries && until > this.now()) break;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    for (const label of entry.labels) {
      const keys = this.keysByLabel.get(label);
      keys?.delete(key);
      if (keys?.size === 0) this.keysByLabel.delete(label);
    }
  }

  private forgetDropped(now: number): void {
    for (const [label, time] of this.dropped) {
      const isOld = time < now - DROPPED_MS;
      if (!isOld && this.dropped.size <= this.options.maxEntries) break;
      // The list of dropped labels is full, so it forgets this label early. Any running load may have the label, so the
      // cache keeps no result of a running load.
      if (!isOld) this.keptSince = now;
      this.dropped.delete(label);
    }
  }
}
