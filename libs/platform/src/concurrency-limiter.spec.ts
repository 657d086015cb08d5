import { describe, expect, it } from 'vitest';
import { scrape } from '../../../test/support/metrics.js';
import { BusyError, ConcurrencyLimiter } from './concurrency-limiter.js';

/** Returns a task that runs until `end` is called. */
function controlledTask() {
  let end: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let started = false;
  const task = async () => {
    started = true;
    await ended;
    return 'done';
  };
  return { task, end: () => end?.(), hasStarted: () => started };
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a concurrency limiter', () => {
  it('runs as many tasks as its limit at the same time, and starts a waiting task when a slot becomes free', async () => {
    const limiter = new ConcurrencyLimiter(2, 5, 'policy');
    const tasks = [controlledTask(), controlledTask(), controlledTask()];
    const results = tasks.map(({ task }) => limiter.run(task));
    await settled();
    expect(tasks.map(({ hasStarted }) => hasStarted())).toEqual([true, true, false]);
    tasks[0]?.end();
    await results[0];
    await settled();
    expect(tasks[2]?.hasStarted()).toBe(true);
    tasks.forEach(({ end }) => end());
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
  });

  it('throws BusyError at once when the queue is full', async () => {
    const limiter = new ConcurrencyLimiter(1, 1, 'policy');
    const [running, waiting, late] = [controlledTask(), controlledTask(), controlledTask()];
    const first = limiter.run(running.task);
    await settled();
    const second = limiter.run(waiting.task);
    await expect(limiter.run(late.task)).rejects.toBeInstanceOf(BusyError);
    running.end();
    waiting.end();
    expect(await Promise.all([first, second])).toEqual(['done', 'done']);
    expect(late.hasStarted()).toBe(false);
  });

  it('applies its limits to tasks that are submitted in the same turn of the event loop', async () => {
    const limiter = new ConcurrencyLimiter(2, 1, 'policy');
    const tasks = [controlledTask(), controlledTask(), controlledTask(), controlledTask()];
    const results = tasks.map(({ task }) => limiter.run(task).catch((error: unknown) => error));
    tasks.forEach(({ end }) => end());
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', expect.any(BusyError)]);
  });

  it('reports how many tasks run, wait and were refused in metrics', async () => {
    const shown = () =>
      Promise.all(
        ['running', 'queued', 'refused_total'].map((name) => scrape(`gatehouse_work_${name}{work="captcha"}`)),
      );
    const [, , refusedBefore = 0] = await shown();
    const limiter = new ConcurrencyLimiter(1, 1, 'captcha');
    const [running, waiting] = [controlledTask(), controlledTask()];
    const results = [limiter.run(running.task), limiter.run(waiting.task)];
    await settled();
    await expect(limiter.run(async () => 'late')).rejects.toBeInstanceOf(BusyError);
    expect(await shown()).toEqual([1, 1, refusedBefore + 1]);
    [running, waiting].forEach(({ end }) => end());
    await Promise.all(results);
    expect(await shown()).toEqual([0, 0, refusedBefore + 1]);
  });

  it('with a queue of 0 runs a task when a slot is free', async () => {
    expect(await new ConcurrencyLimiter(1, 0, 'policy').run(async () => 'done')).toBe('done');
  });

  it('rejects a waiting task that is no longer needed when a slot becomes free', async () => {
    const limiter = new ConcurrencyLimiter(1, 1, 'policy');
    const [running, abandoned] = [controlledTask(), controlledTask()];
    const first = limiter.run(running.task);
    await settled();
    const second = limiter.run(abandoned.task, () => false);
    running.end();
    await first;
    await expect(second).rejects.toBeInstanceOf(BusyError);
    expect(abandoned.hasStarted()).toBe(false);
  });

  it('frees the slot of a task that has failed', async () => {
    const limiter = new ConcurrencyLimiter(1, 0, 'policy');
    const fail = () => Promise.reject(new Error('broken'));
    await expect(limiter.run(fail)).rejects.toThrow('broken');
    expect(await limiter.run(async () => 'done')).toBe('done');
  });
});
