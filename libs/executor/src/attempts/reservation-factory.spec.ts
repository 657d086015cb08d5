import type { AttemptRule } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { ALICE } from '../../testing/test-flow.js';
import { ReservationFactory, subjectOf } from './reservation-factory.js';

const refuse = { field: 'code', code: 'wrong' };
const password: AttemptRule = { when: 'password', credential: 'password', free: 5, hard: 50, refuse };
const device: AttemptRule = {
  when: 'code',
  credential: '{device_class}:{device_uid}',
  pick: { field: 'selected', among: 'offers', where: { member: 'device_class', values: ['totp', 'static'] } },
  free: 1,
  hard: 50,
  refuse,
};
const offers = [
  { device_class: 'totp', device_uid: '1', challenge: {} },
  { device_class: 'static', device_uid: '2', challenge: {} },
  { device_class: 'webauthn', device_uid: '3', challenge: {} },
];

/** Returns the credentials that an answer reserves attempts for. If there are any, the last is the network. */
function spent(rules: AttemptRule[], body: Record<string, unknown>, shown: Record<string, unknown> = { offers }) {
  const claims = new ReservationFactory(Buffer.alloc(32), { network: { free: 100, forgetAfterS: 900 }, mailsFree: 5 });
  return claims
    .reservationsFor({ rules, body, shown, user: ALICE, ip: '203.0.113.7', isProved: true })
    .map(({ credential }) => credential);
}

describe('the attempts that an answer reserves', () => {
  it('are none if the answer contains no guess', () => {
    for (const nothing of [{}, { password: '' }, { password: null }, { other: 'x' }]) {
      expect(spent([password], nothing)).toEqual([]);
    }
    expect(spent([{ ...password, when: 'constructor' }], {})).toEqual([]);
  });
  it('are one for the credential that the rule names, and one for the network', () => {
    expect(spent([password], { password: 'x' })).toEqual(['password', 'network']);
  });
  it('are one for the credential, and one for the network, if two rules name the same credential', () => {
    expect(spent([password, { ...password, when: 'again' }], { password: 'x', again: 'y' })).toHaveLength(2);
  });
});

it('guesses without a user are counted by network, so that no network can lock out the others', () => {
  const claims = new ReservationFactory(Buffer.alloc(32), { network: { free: 100, forgetAfterS: 900 }, mailsFree: 5 });
  const subjectAt = (ip: string) =>
    claims
      .reservationsFor({
        rules: [password],
        body: { password: 'x' },
        shown: {},
        user: undefined,
        ip,
        isProved: false,
      })[0]
      ?.subject.toString('hex');

  expect(subjectAt('2001:db8::1')).toBe(subjectAt('2001:db8::2'));
  expect(subjectAt('2001:db8::1')).not.toBe(subjectAt('203.0.113.7'));
});

describe('a guess at a password', () => {
  const claims = new ReservationFactory(Buffer.alloc(32), { network: { free: 100, forgetAfterS: 900 }, mailsFree: 5 });
  const ONE_DAY = 86_400;
  const guess = (more: Partial<Parameters<typeof claims.reservationsFor>[0]> = {}) =>
    claims.reservationsFor({
      ...{ rules: [password], body: { password: 'x' }, shown: {}, user: ALICE, ip: '203.0.113.7', isProved: false },
      ...more,
    });
  const limitsOf = (more: Parameters<typeof guess>[0]) =>
    guess(more).map(({ counter = 'all', free, hard, daily, forgetAfterS }) => [
      ...[counter.replace(/:.*/, ''), free, hard, daily, forgetAfterS],
    ]);
  const network = ['all', 100, undefined, undefined, 900];

  it('raises a counter of all networks and one of its own, and cannot lock the password without another proof', () => {
    expect(limitsOf({})).toEqual([
      ['all', 20, undefined, 50, 30 * ONE_DAY],
      ['password network', 5, undefined, 20, 30 * ONE_DAY],
      network,
    ]);
    const [here, there] = ['203.0.113.7', '203.0.113.8'].map((ip) => guess({ ip }));
    expect(here![0]).toEqual(there![0]);
    expect(here![1]!.counter).not.toBe(there![1]!.counter);
  });

  it('counts only for its browser if the user has logged in with that browser before', () => {
    expect(limitsOf({ browser: 'b1' })).toEqual([['password browser', 5, undefined, 50, 30 * ONE_DAY]]);
    expect(guess({ browser: 'b1' })[0]!.counter).not.toBe(guess({ browser: 'b2' })[0]!.counter);
  });

  it('can lock the password, and never expires, if the visitor has proved another credential', () => {
    const proved = ['password proved', 5, 50, undefined, undefined];
    expect(limitsOf({ isProved: true })).toEqual([proved, network]);
    expect(limitsOf({ isProved: true, browser: 'b1' })).toEqual([proved]);
  });

  it('raises the same counters for an unknown name, but these expire after a day', () => {
    expect(limitsOf({ user: { kind: 'pretended', username: 'zoe', email: '' } })).toEqual([
      ['all', 20, undefined, 50, ONE_DAY],
      ['password network', 5, undefined, 20, ONE_DAY],
      network,
    ]);
  });

  it('is deleted from all counters of the visitor when the password is replaced', () => {
    const renewed = (browser?: string) =>
      claims
        .renewedReservations(ALICE, ['password'], { ip: '203.0.113.7', browser })
        .map(({ counter }) => counter?.replace(/:.*/, ''));
    expect(renewed()).toEqual(['password proved', undefined, 'password network']);
    expect(renewed('b1')).toEqual(['password proved', 'password browser']);
  });
});

describe('a requested mail', () => {
  const factory = new ReservationFactory(Buffer.alloc(32), { network: { free: 100, forgetAfterS: 900 }, mailsFree: 5 });
  const ONE_HOUR = 3600;
  const mailOf = (more: Partial<Parameters<typeof factory.mailReservations>[0]> = {}) =>
    factory.mailReservations({ user: ALICE, ip: '203.0.113.7', isProved: false, ...more });
  const subjectsOf = (more: Parameters<typeof mailOf>[0]) => mailOf(more).map(({ subject }) => subject.toString('hex'));

  it('counts for the typed name, as for an unknown name, until the visitor has proved to be the user (accident 6)', () => {
    const unknown = { kind: 'pretended', username: 'Alice@example.org', email: '' } as const;
    const typed = { typedName: 'alice@example.org' };
    expect(subjectsOf(typed)).toEqual(subjectsOf({ user: unknown, ...typed }));
    expect(subjectsOf(typed)[0]).not.toBe(subjectsOf({ typedName: 'alice' })[0]);
    expect(subjectsOf({ ...typed, isProved: true })[0]).toBe(subjectsOf({})[0]);
  });

  it('of a visitor who has proved to be the user has a counter of its own, which locks nothing', () => {
    expect(
      mailOf({ isProved: true }).map(({ credential, counter, free, hard, daily, forgetAfterS }) => [
        ...[counter ?? credential, free, hard, daily, forgetAfterS],
      ]),
    ).toEqual([
      ['mail proved', 5, undefined, undefined, ONE_HOUR],
      ['mail network', 100, undefined, undefined, 900],
    ]);
  });

  it('to an address that the visitor has entered counts for that address, whatever name was typed', () => {
    const newcomer = { kind: 'unsaved', username: 'a', name: '', email: 'victim@example.org' } as const;
    expect(subjectsOf({ user: newcomer, typedName: 'a' })).toEqual(subjectsOf({ user: newcomer, typedName: 'b' }));
  });
});

describe('an answer that chooses a device', () => {
  it('counts for the chosen device, whether its uid is a number or text', () => {
    for (const device_uid of ['2', 2]) {
      const selected = { device_class: 'static', device_uid };
      expect(spent([device], { code: '1', selected })).toEqual(['static:2', 'network']);
    }
  });
  it('counts for every offered device if the answer chooses none', () => {
    expect(spent([device], { code: '1' })).toEqual(['totp:1', 'static:2', 'network']);
  });
  it.each([
    ['a device that was never offered', { device_class: 'totp', device_uid: '9' }],
    ['of a class that the rule does not count', { device_class: 'webauthn', device_uid: '3' }],
    ['a string instead of an object', 'totp:1'],
    ['an empty object', {}],
  ])('counts for every offered device if its choice is %s', (_what, selected) => {
    expect(spent([device], { code: '1', selected })).toEqual(['totp:1', 'static:2', 'network']);
  });
  it('counts under a credential name that Postgres can store, whatever device uid the stage has offered', () => {
    const offered = (uid: unknown) =>
      spent([device], { code: '1' }, { offers: [{ device_class: 'totp', device_uid: uid }] });
    expect(offered('a\u0000\ud800b')).toEqual(['totp:ab', 'network']);
    expect(offered('x'.repeat(9000))).toEqual([`totp:${'x'.repeat(507)}`, 'network']);
    expect(offered('😀'.repeat(300))).toEqual([`totp:${'😀'.repeat(253)}`, 'network']);
    for (const uid of [{ toString: 1 }, [{}], null, undefined]) expect(offered(uid)).toEqual(['totp:', 'network']);
    const classless = { offers: [{ device_class: { toString: 1 }, device_uid: '1' }] };
    expect(spent([device], { code: '1', selected: { device_uid: { toString: 1 } } }, classless)).toEqual(['network']);
  });
  it('counts only for the network if no device was offered', () => {
    for (const shown of [{}, { offers: 'none' }, { offers: [null, 7] }]) {
      expect(spent([device], { code: '1' }, shown)).toEqual(['network']);
    }
  });
});

describe('an unknown name', () => {
  it('has one counter for all spellings in case, width and spaces (accident 49)', () => {
    const spellings = ['zoë', 'ZOË', ' zoë ', 'zoe\u0308', 'ｚｏë'];
    const subjects = spellings.map((username) => subjectOf({ kind: 'pretended', username, email: '' }));
    expect(new Set(subjects).size).toBe(1);
    expect(subjectOf({ kind: 'pretended', username: 'zoe', email: '' })).not.toBe(subjects[0]);
  });
});

it('guesses at a mailed code count for the address, whatever name requested the mail (accident 49)', () => {
  const newcomer = (username: string, email: string) => subjectOf({ kind: 'unsaved', username, name: '', email });
  expect(newcomer('a', 'Victim@example.org')).toBe(newcomer('b', 'victim@example.org'));
  expect(newcomer('a', 'other@example.org')).not.toBe(newcomer('a', 'victim@example.org'));
  expect(newcomer('a', '')).toBe(subjectOf({ kind: 'pretended', username: 'A', email: '' }));
});
