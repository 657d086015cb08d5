import { describe, expect, it } from 'vitest';
import { KnownBrowserService } from './known-browser.service.js';

const browsers = new KnownBrowserService({ SECRET_KEY: 'x'.repeat(32), KNOWN_BROWSER_S: 100 });
const alice = { uuid: 'alice', epoch: 1 };
const bob = { uuid: 'bob', epoch: 1 };
const NOW = 1_800_000_000_000;

describe('a browser', () => {
  it('is known for a user for KNOWN_BROWSER_S after a login', () => {
    const cookie = browsers.markedFor(undefined, alice, NOW);
    expect(browsers.idFor(cookie, alice, NOW + 99_000)).toMatch(/^[\w-]{16}$/);
    expect(browsers.idFor(cookie, alice, NOW + 100_000)).toBeUndefined();
    expect(browsers.idFor(undefined, alice, NOW)).toBeUndefined();
  });

  it('is not known for another user or another epoch, or with a changed mark', () => {
    const cookie = browsers.markedFor(undefined, alice, NOW);
    const longer = cookie.replace(/\.\d+\./, '.1900000000.');
    expect(browsers.idFor(cookie, bob, NOW)).toBeUndefined();
    expect(browsers.idFor(cookie, { ...alice, epoch: 2 }, NOW)).toBeUndefined();
    for (const forged of [
      longer,
      cookie.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
      cookie.slice(0, -1),
      `${cookie}x`,
      'x',
      '~~',
      '..',
    ])
      expect(browsers.idFor(forged, alice, NOW)).toBeUndefined();
    const other = new KnownBrowserService({ SECRET_KEY: 'y'.repeat(32), KNOWN_BROWSER_S: 100 });
    expect(other.idFor(cookie, alice, NOW)).toBeUndefined();
  });

  it('keeps its id for a user at further logins, so that its failures stay counted', () => {
    const first = browsers.markedFor(undefined, alice, NOW);
    const second = browsers.markedFor(first, alice, NOW + 50_000);
    expect(browsers.idFor(second, alice, NOW + 140_000)).toBe(browsers.idFor(first, alice, NOW));
    expect(second.split('~')).toHaveLength(1);
  });

  it('is known for its last five users', () => {
    const users = Array.from({ length: 6 }, (_, i) => ({ uuid: `user ${i}`, epoch: 1 }));
    let cookie: string | undefined;
    for (const user of users) cookie = browsers.markedFor(cookie, user, NOW);
    expect(users.map((user) => browsers.idFor(cookie, user, NOW) !== undefined)).toEqual([
      ...[false, true, true, true, true, true],
    ]);
  });
});

describe('a known device', () => {
  const device = { ...alice, stage: 'login' };

  it('is known for the user and the stage that remembers it, for the time of the stage', () => {
    const cookie = browsers.markedFor(undefined, device, NOW, 60);
    expect(browsers.isDevice(cookie, device, NOW + 59_000)).toBe(true);
    expect(browsers.isDevice(cookie, device, NOW + 60_000)).toBe(false);
    expect(browsers.isDevice(cookie, { ...device, stage: 'other' }, NOW)).toBe(false);
    expect(browsers.isDevice(cookie, { ...bob, stage: 'login' }, NOW)).toBe(false);
    expect(browsers.isDevice(cookie, { ...device, epoch: 2 }, NOW)).toBe(false);
  });

  it('needs another mark than a known browser, and neither mark counts as the other', () => {
    expect(browsers.idFor(browsers.markedFor(undefined, device, NOW, 60), alice, NOW)).toBeUndefined();
    expect(browsers.isDevice(browsers.markedFor(undefined, alice, NOW), device, NOW)).toBe(false);
  });

  it('keeps its mark for one user when it gets a mark for another user', () => {
    const first = browsers.markedFor(undefined, device, NOW, 60);
    const both = browsers.markedFor(first, { ...bob, stage: 'login' }, NOW, 60);
    expect(browsers.isDevice(both, device, NOW)).toBe(true);
    expect(browsers.isDevice(both, { ...bob, stage: 'login' }, NOW)).toBe(true);
  });
});
