import { ALICE } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';
import { guessedUser } from './refused-attempt.js';
import { ReservationFactory } from './reservation-factory.js';

const factory = new ReservationFactory(Buffer.alloc(32), { network: { free: 1, forgetAfterS: 1 }, mailsFree: 1 });

/** Returns what a log line says about the receiver of a mail that was refused. */
function guessed(user: Parameters<typeof guessedUser>[0]['guesser']['user'], ip: string) {
  const guesser = { user, ip, isProved: false };
  return guessedUser({ guesser, reservations: factory.mailReservations(guesser) });
}

it('guessedUser names a saved user by the uuid', () => {
  expect(guessed(ALICE, '203.0.113.7')).toEqual({ user: ALICE.uuid, subject: undefined });
});

it('guessedUser returns the same pseudonym for a name without an account from every network', () => {
  const pretended = (username: string) => ({ kind: 'pretended' as const, username, email: '' });
  const { user, subject } = guessed(pretended('mallory'), '203.0.113.7');
  expect([user, subject]).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{16}$/)]);
  expect(guessed(pretended('Mallory'), '198.51.100.1').subject).toBe(subject);
  expect(guessed(pretended('trudy'), '203.0.113.7').subject).not.toBe(subject);
});

it('guessedUser returns neither a user nor a pseudonym if the guess has no user', () => {
  expect(guessed(undefined, '203.0.113.7')).toEqual({ user: undefined, subject: undefined });
});
