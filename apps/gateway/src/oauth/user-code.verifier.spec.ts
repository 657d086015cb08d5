import { type ClaimedCode, userCode } from '@gatehouse/contracts';
import { ReservationFactory } from '@gatehouse/executor';
import { ALICE, InMemoryAttemptStore, InMemoryFlowObserver } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';
import type { DeviceGrantClient } from './device-grant.client.js';
import { UserCodeVerifier } from './user-code.verifier.js';

const RIGHT = userCode.parse('123456789');
const reservations = new ReservationFactory(Buffer.alloc(32), {
  network: { free: 100, forgetAfterS: 900 },
  mailsFree: 5,
});

function verifierWith(claim: (code: string) => Promise<ClaimedCode | undefined>) {
  const attempts = new InMemoryAttemptStore();
  const grants = { claim } as Pick<DeviceGrantClient, 'claim'> as DeviceGrantClient;
  const observer = new InMemoryFlowObserver();
  const verifier = new UserCodeVerifier(attempts, reservations, grants, observer);
  return {
    attempts,
    observer,
    claim: (code: string) => verifier.claim(code, ALICE, { ip: '203.0.113.7', requestId: 'r1' }),
  };
}
const releasedBy = ({ released }: InMemoryAttemptStore) =>
  released.map(({ credential, reservedAt }) => `${credential} reserved ${reservedAt}`);
const RELEASED = ['device_code reserved now', 'network reserved now'];

it('a code from a link counts as an attempt like a typed code, and the attempt of a right code is released', async () => {
  const claimed = { id: ALICE.uuid } as ClaimedCode;
  const { attempts, claim } = verifierWith(async (code) => (code === RIGHT ? claimed : undefined));
  expect(await claim('987654321')).toBeUndefined();
  expect([attempts.reserved.length, releasedBy(attempts)]).toEqual([2, []]);
  expect(await claim(RIGHT)).toBe(claimed);
  expect([attempts.reserved.length, releasedBy(attempts)]).toEqual([4, RELEASED]);
});

it('the attempt of a code that could not be looked up is released', async () => {
  const { attempts, claim } = verifierWith(() => Promise.reject(new Error('away')));
  await expect(claim(RIGHT)).rejects.toThrow('away');
  expect(releasedBy(attempts)).toEqual(RELEASED);
});

it('the observer is told why a code was not looked up', async () => {
  const { attempts, observer, claim } = verifierWith(() => Promise.reject(new Error('looked up')));
  attempts.result = { reserved: false, network: false, locked: true, retryAfterS: 1 };
  expect(await claim(RIGHT)).toBeUndefined();
  attempts.result = { reserved: false, network: true, retryAfterS: 1 };
  await expect(claim(RIGHT)).rejects.toMatchObject({ code: 'rate_limited' });
  expect(observer.seen).toEqual(['refused locked', 'refused network']);
  expect(observer.refused[0]).toEqual({
    ...{
      requestId: 'r1',
      ip: '203.0.113.7',
      flow: undefined,
      kind: 'device_code',
      user: ALICE.uuid,
      subject: undefined,
    },
  });
});
