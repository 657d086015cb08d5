import { expect, it } from 'vitest';
import { compressText, decompressText } from './compressed-text.js';

it('a repetitive text is compressed to a hundredth of its size and restored unchanged', async () => {
  const text = 'model: authentik_flows.flow # naïve 🔑\n'.repeat(10_000);
  const compressed = await compressText(text);
  expect(compressed.length).toBeLessThan(text.length / 100);
  expect(await decompressText(compressed, Buffer.byteLength(text))).toBe(text);
});

it('decompressText throws RangeError if the restored text is longer than the limit', async () => {
  await expect(decompressText(await compressText('x'.repeat(1001)), 1000)).rejects.toThrow(RangeError);
});

it('decompressText throws for a text that is not compressed', async () => {
  await expect(decompressText('bm8gZ3ppcA==', 1000)).rejects.toThrow('incorrect header check');
});
