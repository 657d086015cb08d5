import { describe, expect, it } from 'vitest';
import { BusyError, ConcurrencyLimiter } from './concurrency-limiter.js';

/** Work that goes on until it is told to end. */
function work() {
  let end: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = false;
  const task = async () => {
    begun = true;
    await ended;
    return 'done';
  };
  return { task, end: () => end?.(), begun: () => begun };
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('bounded work', () => {
  it('runs as much at once as it may, and the rest in turn', async () => {
    const bounded = new ConcurrencyLimiter(2, 5);
    const works = [work(), work(), work()];
    const results = works.map(({ task }) => bounded.run(task));
    await settled();
    expect(works.map(({ begun }) => begun())).toEqual([true, true, false]);
    works[0]?.end();
    await results[0];
    await settled();
    expect(works[2]?.begun()).toBe(true);
    works.forEach(({ end }) => end());
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
  });

  it('refuses at once what would wait behind a full queue', async () => {
    const bounded = new ConcurrencyLimiter(1, 1);
    const [running, waiting, late] = [work(), work(), work()];
    const first = bounded.run(running.task);
    await settled();
    const second = bounded.run(waiting.task);
    await expect(bounded.run(late.task)).rejects.toBeInstanceOf(BusyError);
    running.end();
    waiting.end();
    expect(await Promise.all([first, second])).toEqual(['done', 'done']);
    expect(late.begun()).toBe(false);
  });

  it('takes a burst that arrives in one go as well as one that trickles in', async () => {
    const bounded = new ConcurrencyLimiter(2, 1);
    const works = [work(), work(), work(), work()];
    const results = works.map(({ task }) => bounded.run(task).catch((error: unknown) => error));
    works.forEach(({ end }) => end());
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', expect.any(BusyError)]);
  });

  it('runs work that may not wait when there is room for it', async () => {
    expect(await new ConcurrencyLimiter(1, 0).run(async () => 'done')).toBe('done');
  });

  it('does not start what nobody wants any more when its turn comes', async () => {
    const bounded = new ConcurrencyLimiter(1, 1);
    const [running, unwanted] = [work(), work()];
    const first = bounded.run(running.task);
    await settled();
    const second = bounded.run(unwanted.task, () => false);
    running.end();
    await first;
    await expect(second).rejects.toBeInstanceOf(BusyError);
    expect(unwanted.begun()).toBe(false);
  });

  it('has room again after work that failed', async () => {
    const bounded = new ConcurrencyLimiter(1, 0);
    const fail = () => Promise.reject(new Error('broken'));
    await expect(bounded.run(fail)).rejects.toThrow('broken');
    expect(await bounded.run(async () => 'done')).toBe('done');
  });
});
