import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, it } from 'vitest';
import { clientIp } from './client-ip.js';

const from = (ip: string | undefined, socket: { remoteAddress?: string } = { remoteAddress: '192.0.2.1' }) =>
  clientIp({ ip, socket } as Parameters<typeof clientIp>[0]);

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:5555', '203.0.113.7'],
  ['2001:DB8::1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
])('takes %s for %s', (given, ip) => {
  expect(from(given)).toBe(ip);
});

it.each(['a', '', '1.2.3', '1', '0x7f.1', 'fe80::1%eth0', '999.1.1.1', "1.1.1.1'; --"])(
  'takes the peer for %j',
  (given) => {
    expect(from(given)).toBe('192.0.2.1');
  },
);

it('is always an address, whatever a proxy or a socket says', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (ip, remoteAddress) => ipaddr.isValid(from(ip, { remoteAddress }))));
});

it('is no address of whoever has hung up, so that no guess of theirs goes uncounted', () => {
  expect(() => from(undefined, {})).toThrow(expect.objectContaining({ code: 'malformed_http' }));
});
