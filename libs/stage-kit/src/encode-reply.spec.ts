import { describe, expect, it } from 'vitest';
import { encodeReply, MAX_REPLY_BYTES } from './encode-reply.js';

const asking = (bytes: number) => ({ type: 'challenge', challenge: { text: 'x'.repeat(bytes) } }) as const;
const read = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

describe('a reply on the bus', () => {
  it('is its JSON', () => {
    const { outcome, bytes } = encodeReply(asking(3), () => expect.unreachable());
    expect([outcome, read(bytes)]).toEqual(['challenge', asking(3)]);
  });
  it('never says more than the bus carries: that is reported, and a fault to the asker', () => {
    const errors: Error[] = [];
    const { outcome, bytes } = encodeReply(asking(MAX_REPLY_BYTES), (error) => void errors.push(error));
    expect(outcome).toBe('stage_fault');
    expect(read(bytes)).toMatchObject({ problem: { code: 'stage_fault' } });
    expect(errors).toHaveLength(1);
  });
});
