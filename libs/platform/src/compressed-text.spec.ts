import { expect, it } from 'vitest';
import { compressText, decompressText } from './compressed-text.js';

it('restores a text, in a fraction of its size', async () => {
  const text = 'model: authentik_flows.flow # naïve 🔑\n'.repeat(10_000);
  const compressed = await compressText(text);
  expect(compressed.length).toBeLessThan(text.length / 100);
  expect(await decompressText(compressed, Buffer.byteLength(text))).toBe(text);
});

it('refuses a text that is longer than the limit when it is restored', async () => {
  await expect(decompressText(await compressText('x'.repeat(1001)), 1000)).rejects.toThrow(RangeError);
});

it('refuses what is not compressed', async () => {
  await expect(decompressText('bm8gZ3ppcA==', 1000)).rejects.toThrow('incorrect header check');
});
