import { describe, expect, it } from 'vitest';
import { MemoryImage } from './memory-image.js';

const PAGE = 4096;

/** Returns a memory of `pages` pages. `bytes` are the values of some addresses; all other bytes are 0. */
function memoryOf(pages: number, bytes: Readonly<Record<number, number>>): Uint8Array {
  const memory = new Uint8Array(pages * PAGE);
  for (const [at, value] of Object.entries(bytes)) memory[Number(at)] = value;
  return memory;
}

const sparse = memoryOf(8, { 0: 1, [PAGE - 1]: 2, [PAGE]: 3, [4 * PAGE + 7]: 4, [8 * PAGE - 1]: 5 });

describe('a memory image', () => {
  it('overwrites other content with every byte of the image, and clears memory beyond its end', () => {
    const memory = new Uint8Array(10 * PAGE).fill(255);
    MemoryImage.of(sparse).restore(memory);
    expect(Buffer.compare(memory.subarray(0, sparse.length), sparse)).toBe(0);
    expect(memory.subarray(sparse.length).every((byte) => byte === 0)).toBe(true);
  });

  it('does not change when the copied memory changes', () => {
    const memory = sparse.slice();
    const image = MemoryImage.of(memory);
    memory.fill(9);
    image.restore(memory);
    expect(Buffer.compare(memory, sparse)).toBe(0);
  });

  it('is encoded without its pages of zeros, and decoded without a loss', () => {
    const encoded = MemoryImage.of(sparse).encode();
    expect(encoded.length).toBeLessThan(4 * PAGE + 200);
    const memory = new Uint8Array(sparse.length).fill(255);
    const image = MemoryImage.decode(encoded);
    image.restore(memory);
    expect(image.length).toBe(sparse.length);
    expect(Buffer.compare(memory, sparse)).toBe(0);
    expect(Buffer.compare(image.toMemory(), sparse)).toBe(0);
  });

  it('of zeros only clears the memory', () => {
    const memory = new Uint8Array(2 * PAGE).fill(255);
    MemoryImage.decode(MemoryImage.of(new Uint8Array(2 * PAGE)).encode()).restore(memory);
    expect(memory.every((byte) => byte === 0)).toBe(true);
  });
});
