import { describe, expect, it } from 'vitest';
import { encodeReply, MAX_REPLY_BYTES } from './encode-reply.js';

const challengeOf = (bytes: number) => ({ type: 'challenge', challenge: { text: 'x'.repeat(bytes) } }) as const;
const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

describe('encodeReply', () => {
  it('returns the reply as JSON, and its type as the outcome', () => {
    const { outcome, bytes } = encodeReply(challengeOf(3), () => expect.unreachable());
    expect([outcome, parse(bytes)]).toEqual(['challenge', challengeOf(3)]);
  });
  it('reports a reply above the size limit, and returns the problem stage_fault instead', () => {
    const errors: Error[] = [];
    const { outcome, bytes } = encodeReply(challengeOf(MAX_REPLY_BYTES), (error) => void errors.push(error));
    expect(outcome).toBe('stage_fault');
    expect(parse(bytes)).toMatchObject({ problem: { code: 'stage_fault' } });
    expect(errors).toHaveLength(1);
  });
});
