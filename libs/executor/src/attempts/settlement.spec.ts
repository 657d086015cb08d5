import { describe, expect, it } from 'vitest';
import { type AttemptReservation, NETWORK_CREDENTIAL } from './attempt-store.js';
import { settleAttempts } from './settlement.js';

const claim = (credential: string): AttemptReservation => ({
  ...{ subject: Buffer.from(credential), credential, free: 5, hard: 50, forgetAfterS: undefined },
});
const [pin, network] = [claim('pin'), claim(NETWORK_CREDENTIAL)];

describe('attempts of an answer that passed', () => {
  it('are reset if the reply verifies their credential, and released otherwise', () => {
    expect(settleAttempts([pin, network], { type: 'passed', verified: ['pin'] })).toEqual({
      reset: [pin],
      released: [network],
    });
    expect(settleAttempts([pin, network], { type: 'passed' })).toEqual({ reset: [], released: [pin, network] });
  });

  it('never reset the failures of a network, or of credentials that were not reserved', () => {
    const reply = { type: 'passed' as const, verified: [NETWORK_CREDENTIAL, 'password'] };
    expect(settleAttempts([pin, network], reply)).toEqual({ reset: [], released: [pin, network] });
  });
});

describe('attempts of an answer that was refused', () => {
  const released = (failed: string[] | undefined, assumed: string[] = []) =>
    settleAttempts([pin, network], { type: 'denied', ...(failed && { failed }) }, assumed).released;

  it('stay counted for the credentials that the reply names as failed, and for the network', () => {
    expect([released(['pin']), released(['other']), released(undefined)]).toEqual([[], [pin], [pin, network]]);
  });

  it('stay counted for an assumed credential, unless the reply has an empty `failed`', () => {
    expect([released(undefined, ['pin']), released(['other'], ['pin']), released([], ['pin'])]).toEqual([
      [],
      [],
      [pin, network],
    ]);
  });
});
