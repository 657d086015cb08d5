import { expect, it } from 'vitest';
import { Readiness, StartError } from './readiness.js';

const temporary = (error: unknown) => (error instanceof TypeError ? error.message : undefined);
const limits = (START_WAIT_S: number) => ({ READINESS_TIMEOUT_MS: 2000, START_WAIT_S });

it('waitFor tries a dependency again after a temporary error, and reports it as missing meanwhile', async () => {
  const readiness = new Readiness(limits(60));
  const missing: (readonly string[])[] = [];
  const attempt = async () => {
    missing.push(await readiness.missing());
    if (missing.length < 3) throw new TypeError('not yet');
    return 'connected';
  };

  expect(await readiness.waitFor('database', attempt, temporary)).toBe('connected');
  expect(missing).toEqual([[], ['database'], ['database']]);
  expect(await readiness.missing()).toEqual([]);
});

it('waitFor throws a StartError with the last reason after START_WAIT_S seconds', async () => {
  const refused = () => Promise.reject(new TypeError('Postgres refuses the role'));
  const waiting = new Readiness(limits(1)).waitFor('database', refused, temporary);
  await expect(waiting).rejects.toBeInstanceOf(StartError);
  await expect(waiting).rejects.toThrow('Postgres refuses the role. Gave up after START_WAIT_S, 1 s');
});

it('waitFor tries a dependency only once when START_WAIT_S is 0', async () => {
  let attempts = 0;
  const refused = () => Promise.reject(new TypeError(`attempt ${++attempts}`));
  await expect(new Readiness(limits(0)).waitFor('bus', refused, temporary)).rejects.toThrow(/^attempt 1$/);
  expect(attempts).toBe(1);
});

it('waitFor throws an error that is not temporary at once', async () => {
  const broken = () => Promise.reject(new RangeError('no such option'));
  await expect(new Readiness(limits(60)).waitFor('bus', broken, temporary)).rejects.toThrow(RangeError);
});
