import { describe, expect, it } from 'vitest';
import type { AttemptReservation } from './attempt-store.js';
import { CredentialQueue, DEFAULT_QUEUE_LIMIT } from './credential-queue.js';

const claim = (subject: string, credential = 'password'): AttemptReservation[] => [
  { subject: Buffer.from(subject), credential, free: 5, hard: 50, forgetAfterS: undefined },
];
const LONG_MS = 60_000;

describe('concurrent answers for one credential', () => {
  it('are handled one after the other, in their order of arrival', async () => {
    const lines = new CredentialQueue(DEFAULT_QUEUE_LIMIT);
    const [order, requests] = [[] as number[], [{ n: 0 }, { n: 1 }, { n: 2 }]];
    const turns = requests.map(async (request) => {
      await lines.enter(request, claim('alice'), LONG_MS);
      order.push(request.n);
    });

    await turns[0];
    for (const [i, request] of requests.entries()) {
      expect(order).toEqual([0, 1, 2].slice(0, i + 1));
      lines.leave(request);
      await turns[i + 1];
    }
  });

  it('do not delay answers for another credential, for another user, or without a guess', async () => {
    const lines = new CredentialQueue(DEFAULT_QUEUE_LIMIT);
    await lines.enter({}, claim('alice'), LONG_MS);

    await expect(lines.enter({}, claim('alice', 'code'), 0)).resolves.toBeUndefined();
    await expect(lines.enter({}, claim('bob'), 0)).resolves.toBeUndefined();
    await expect(lines.enter({}, [], 0)).resolves.toBeUndefined();
  });

  it('fail with stage_busy after a timeout, and then delay no other answer', async () => {
    const lines = new CredentialQueue(DEFAULT_QUEUE_LIMIT);
    const [first, second] = [{}, {}];
    await lines.enter(first, claim('alice'), LONG_MS);
    await expect(lines.enter(second, claim('alice'), 0)).rejects.toMatchObject({ code: 'stage_busy' });
    lines.leave(second);
    const third = lines.enter({}, claim('alice'), LONG_MS);
    lines.leave(first);

    await expect(third).resolves.toBeUndefined();
  });

  it('fail with stage_busy at once while the queue is full', async () => {
    const lines = new CredentialQueue(2);
    const [first, second] = [{}, {}];
    await lines.enter(first, claim('alice'), LONG_MS);
    const waiting = lines.enter(second, claim('alice'), LONG_MS);
    await expect(lines.enter({}, claim('alice'), LONG_MS)).rejects.toMatchObject({ code: 'stage_busy' });

    lines.leave(first);
    await waiting;
    lines.leave(second);
    await expect(lines.enter({}, claim('alice'), LONG_MS)).resolves.toBeUndefined();
  });

  it('of one request enter only the queue of the first credential, so that no request waits for itself', async () => {
    const lines = new CredentialQueue(DEFAULT_QUEUE_LIMIT);
    const request = {};
    await lines.enter(request, claim('alice'), LONG_MS);

    await expect(lines.enter(request, claim('alice'), 0)).resolves.toBeUndefined();
    await expect(lines.enter(request, claim('bob'), 0)).resolves.toBeUndefined();
  });
});
