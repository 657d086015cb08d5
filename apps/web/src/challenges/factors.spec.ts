import { expect, it } from 'vitest';
import { inOrder, shownAtFirst } from './factors.js';

const WIRE_ORDER = ['duo', 'email', 'sms', 'static', 'totp', 'webauthn', 'from-a-later-version'];
const devices = (used: Readonly<Record<string, string>> = {}) =>
  WIRE_ORDER.map((device_class) => ({ device_class, last_used: used[device_class] ?? null }));
const order = (used?: Parameters<typeof devices>[0]) => inOrder(devices(used)).map(({ device_class }) => device_class);

const [LONG_AGO, LATELY, NOW] = ['2025-11-01T08:00:00Z', '2026-11-01T08:00:00Z', '2026-11-29T08:00:00.000Z'];

it('devices are offered in this order: passkeys, apps, Duo, text messages, mails and recovery codes', () => {
  expect(order()).toEqual(['webauthn', 'totp', 'duo', 'sms', 'email', 'static', 'from-a-later-version']);
  expect(shownAtFirst(devices())).toBeUndefined();
});

it('the last used device is offered before all others, and is shown at first', () => {
  const used = { webauthn: LONG_AGO, sms: NOW, totp: LATELY };
  expect(order(used)).toEqual(['sms', 'webauthn', 'totp', 'duo', 'email', 'static', 'from-a-later-version']);
  expect(shownAtFirst(devices(used))).toMatchObject({ device_class: 'sms' });
});

it('recovery codes stay behind the devices that they replace, even if a code was used last', () => {
  const used = { static: NOW, totp: LATELY };
  expect(order(used).at(-2)).toBe('static');
  expect(shownAtFirst(devices(used))).toMatchObject({ device_class: 'totp' });
  expect(shownAtFirst(devices({ static: NOW }))).toBeUndefined();
});

it('the only device is shown at first, even if it is recovery codes', () => {
  expect(shownAtFirst([{ device_class: 'static' }])).toEqual({ device_class: 'static' });
});
