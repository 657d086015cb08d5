import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort, startProcess } from '../support/processes.js';

interface Visits {
  begin(response: unknown, memo: unknown): string;
  finish(request: unknown, response: unknown, state: string): unknown;
}
type VisitsConstructor = new (options: {
  readonly isSecure: boolean;
  readonly lifetimeS?: number;
  readonly maxOpen?: number;
}) => Visits;

const FILE = '../../examples/gatehouse-client/transactions.mjs';
const { Transactions } = (await import(FILE)) as { readonly Transactions: VisitsConstructor };

/** A browser that stores the cookies that it gets, and never lets them expire. */
class CookieJar {
  readonly sent: string[] = [];
  readonly response = { appendHeader: (_: string, value: string) => this.sent.push(value) };

  begin(visits: Visits, memo: unknown): string {
    return visits.begin(this.response, memo);
  }

  finish(visits: Visits, state: string): unknown {
    const cookie = this.sent.map((value) => value.split(';', 1)[0]).join('; ');
    return visits.finish({ headers: { cookie } }, this.response, state);
  }
}

describe('a visit to Gatehouse through a bridge', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => vi.useRealTimers());

  it.each([
    ['15 minutes, the default of VISIT_S', {}, 900],
    ['a minute', { lifetimeS: 60 }, 60],
  ])('can be finished within %s, and not later, and its cookie lasts as long', (_, options, seconds) => {
    const visits = new Transactions({ isSecure: true, ...options });
    const browser = new CookieJar();
    const [early, late] = [browser.begin(visits, 'early'), browser.begin(visits, 'late')];
    expect(browser.sent.map((cookie) => cookie.split('; ')[1])).toEqual([`Max-Age=${seconds}`, `Max-Age=${seconds}`]);
    vi.advanceTimersByTime(seconds * 1000 - 1);
    expect(browser.finish(visits, early)).toBe('early');
    vi.advanceTimersByTime(1);
    expect(browser.finish(visits, late)).toBeUndefined();
  });

  it.each([
    ['10,000, the default of VISITS_MAX', {}, 10_000],
    ['three', { maxOpen: 3 }, 3],
  ])('is forgotten, the oldest first, when more visits are open than %s', (_, options, count) => {
    const visits = new Transactions({ isSecure: false, ...options });
    const [first, second] = [new CookieJar(), new CookieJar()];
    const states = [first.begin(visits, 'first'), second.begin(visits, 'second')];
    const others = { appendHeader: () => undefined };
    for (let visit = 2; visit < count; visit += 1) visits.begin(others, visit);
    // All visits so far are remembered. One more replaces the oldest visit.
    visits.begin(others, 'one more');
    expect(first.finish(visits, states[0]!)).toBeUndefined();
    expect(second.finish(visits, states[1]!)).toBe('second');
  });

  it('can be finished only once, and is not open afterwards', () => {
    const visits = new Transactions({ isSecure: false, maxOpen: 2 });
    const [first, second, third] = [new CookieJar(), new CookieJar(), new CookieJar()];
    const kept = first.begin(visits, 'first');
    const state = second.begin(visits, 'second');
    expect([second.finish(visits, state), second.finish(visits, state)]).toEqual(['second', undefined]);
    third.begin(visits, 'third');
    expect(first.finish(visits, kept)).toBe('first');
  });
});

it.each([
  ['VISITS_MAX', 'many'],
  ['VISIT_S', '0'],
])('a bridge with %s=%s does not start, and says why', async (name, value) => {
  const settings = { PORT: String(await freePort()), [name]: value };
  await expect(startProcess('examples/hydra-login/server.mjs', settings, { ready: /serving/ })).rejects.toThrow(
    `${name} must be a whole number above 0`,
  );
});
