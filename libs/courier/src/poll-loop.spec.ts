import { expect, it } from 'vitest';
import { PollLoop } from './poll-loop.js';

/** A polling interval, in milliseconds, that is longer than any test. */
const NEVER_MS = 600_000;

/** Runs a loop with two slots. Each poll takes one number, up to `last`. Resolves when all numbers are handled. */
function handleAll(last: number, options: { readonly pollMs: number; readonly pollAfterEach?: boolean }) {
  const handled: number[] = [];
  let next = 1;
  return new Promise<readonly number[]>((resolve) => {
    const loop = new PollLoop<number>({
      ...{ size: 2, ...options },
      take: () => Promise.resolve(next <= last ? [next++] : []),
      handle: (item) => {
        handled.push(item);
        if (handled.length === last) queueMicrotask(() => void loop.close().then(() => resolve(handled)));
        return Promise.resolve();
      },
      onFault: (error) => {
        throw error;
      },
    });
  });
}

it('with pollAfterEach, a poll loop polls again as soon as an item was handled', async () => {
  expect(await handleAll(5, { pollMs: NEVER_MS, pollAfterEach: true })).toEqual([1, 2, 3, 4, 5]);
});

it('without pollAfterEach, a poll loop polls again after pollMs', async () => {
  expect(await handleAll(3, { pollMs: 5 })).toEqual([1, 2, 3]);
});
