import { describe, expect, it } from 'vitest';
import { type Cacheable, VerdictCache } from './verdict-cache.js';

class Harness {
  now = 0;
  loads = 0;
  readonly cache: VerdictCache<string>;

  constructor(options: { readonly lifetimeMs?: number; readonly maxEntries?: number } = {}) {
    this.cache = new VerdictCache({ lifetimeMs: 5000, maxEntries: 3, ...options, now: () => this.now });
  }

  get(key: string, value = key, labels: Cacheable<string>['labels'] = [`label of ${key}`]): Promise<string> {
    return this.cache.get(key, async () => {
      this.loads += 1;
      return { value, labels };
    });
  }
}

describe('cached verdicts', () => {
  it('expire after their lifetime, which begins when their load starts', async () => {
    const harness = new Harness();
    await harness.get('a');
    harness.now = 4999;
    await harness.get('a');
    expect(harness.loads).toBe(1);
    harness.now = 5000;
    await harness.get('a');
    expect(harness.loads).toBe(2);

    await harness.cache.get('slow', async () => {
      harness.now += 5000;
      return { value: 'slow', labels: [] };
    });
    expect(harness.cache.peek('slow')).toBeUndefined();
  });

  it('are not kept with a lifetime of 0, without labels, or if the load fails', async () => {
    const harness = new Harness({ lifetimeMs: 0 });
    await harness.get('a');
    await harness.get('a');
    expect([harness.loads, harness.cache.size]).toEqual([2, 0]);
    const other = new Harness();
    await other.cache.get('a', async () => ({ value: 'a', labels: undefined }));
    await expect(other.cache.get('b', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(other.cache.size).toBe(0);
  });

  it('replace the oldest verdict above the largest number', async () => {
    const harness = new Harness();
    for (const key of ['a', 'b', 'c', 'd']) await harness.get(key);
    expect(['a', 'b', 'c', 'd'].map((key) => harness.cache.peek(key))).toEqual([undefined, 'b', 'c', 'd']);
    expect(harness.cache.size).toBe(3);
  });

  it('share one load between concurrent requests', async () => {
    const harness = new Harness();
    expect(await Promise.all([harness.get('a'), harness.get('a'), harness.get('a')])).toEqual(['a', 'a', 'a']);
    expect(harness.loads).toBe(1);
  });

  it('are dropped by any of their labels, and other verdicts stay', async () => {
    const harness = new Harness();
    await harness.get('a', 'a', ['one', 'two']);
    await harness.get('b', 'b', ['two']);
    await harness.get('c', 'c', ['three']);
    harness.cache.drop('two');
    expect(['a', 'b', 'c'].map((key) => harness.cache.peek(key))).toEqual([undefined, undefined, 'c']);
    harness.cache.drop('unknown');
    expect(harness.cache.peek('c')).toBe('c');
  });

  it('are not kept if their label is dropped while they are loaded, and no later request shares that load', async () => {
    const harness = new Harness();
    let finish: () => void = () => undefined;
    const stale = harness.cache.get('a', async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return { value: 'stale', labels: ['session'] };
    });
    harness.now = 1;
    harness.cache.drop('session');
    harness.now = 2;
    expect(await harness.get('a', 'fresh', ['session'])).toBe('fresh');
    finish();
    expect(await stale).toBe('stale');
    expect(harness.cache.peek('a')).toBe('fresh');
  });

  it('are not kept if the list of dropped labels overflows while they are loaded', async () => {
    const harness = new Harness();
    await harness.cache.get('a', async () => {
      harness.now = 1;
      for (const label of ['session', '1', '2', '3', '4']) harness.cache.drop(label);
      return { value: 'stale', labels: ['session'] };
    });
    expect(harness.cache.peek('a')).toBeUndefined();
  });
});
