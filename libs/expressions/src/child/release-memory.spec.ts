import { expect, it } from 'vitest';
import { releaseMemory } from './release-memory.js';

it('releaseMemory frees a buffer that is still referenced', async () => {
  const view = new Uint8Array(64 * 2 ** 20).fill(1);
  const before = process.memoryUsage().rss;
  await releaseMemory(view.buffer);
  expect(view.length).toBe(0);
  expect(before - process.memoryUsage().rss).toBeGreaterThan(48 * 2 ** 20);
});
