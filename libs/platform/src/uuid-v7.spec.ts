import { expect, it } from 'vitest';
import { uuidV7 } from './uuid-v7.js';

it('a UUID of version 7 begins with its time, so that a later UUID is greater', () => {
  expect(uuidV7(Date.UTC(2022, 1, 22, 19, 22, 22))).toMatch(
    /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const ids = [0, 1, 255, 256, 0xffff_ffff, 0x1_0000_0000].map((time) => uuidV7(time));
  expect([...ids].sort()).toEqual(ids);
});

it('UUIDs of version 7 from the same millisecond have 74 random bits', () => {
  const ids = Array.from({ length: 1000 }, () => uuidV7(0).replaceAll('-', ''));
  expect(new Set(ids).size).toBe(ids.length);
  const bits = (id: string) => BigInt(`0x${id}`);
  const random = ids.map(bits).reduce((all, id) => all | (id ^ bits(ids[0]!)), 0n);
  expect(random.toString(2).replaceAll('0', '')).toHaveLength(74);
});
