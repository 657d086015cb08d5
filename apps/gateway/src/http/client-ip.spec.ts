import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, it } from 'vitest';
import { clientIp } from './client-ip.js';

const clientIpOf = (ip: string | undefined, socket: { remoteAddress?: string } = { remoteAddress: '192.0.2.1' }) =>
  clientIp({ ip, socket } as Parameters<typeof clientIp>[0]);

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:5555', '203.0.113.7'],
  ['2001:DB8::1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
])('the forwarded address %s is read as %s', (forwarded, ip) => {
  expect(clientIpOf(forwarded)).toBe(ip);
});

it.each(['a', '', '1.2.3', '1', '0x7f.1', 'fe80::1%eth0', '999.1.1.1', "1.1.1.1'; --"])(
  'a forwarded value that is no IP address is replaced by the address of the peer: %j',
  (forwarded) => {
    expect(clientIpOf(forwarded)).toBe('192.0.2.1');
  },
);

it('the client address is always a valid IP address (property)', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (ip, remoteAddress) => ipaddr.isValid(clientIpOf(ip, { remoteAddress }))),
  );
});

it('clientIp throws malformed_http for a client that has disconnected, because its attempts could not be counted', () => {
  expect(() => clientIpOf(undefined, {})).toThrow(expect.objectContaining({ code: 'malformed_http' }));
});
