import { expect, it } from 'vitest';
import { MAX_EFFECTS, stageReply } from './stage-reply.js';

it.each(['challenge', 'rejected', 'passed', 'denied'])('a reply %s has at most 64 effects', (type) => {
  const event = { type: 'event', action: 'terms_accepted', context: {} };
  const replyWith = (count: number) =>
    stageReply.safeParse({ type, challenge: {}, errors: {}, effects: Array.from({ length: count }, () => event) });
  expect([replyWith(MAX_EFFECTS).success, replyWith(MAX_EFFECTS + 1).success]).toEqual([true, false]);
  expect(MAX_EFFECTS).toBe(64);
});
