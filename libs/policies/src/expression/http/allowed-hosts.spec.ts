import { describe, expect, it } from 'vitest';
import { AllowedHosts, allowedHosts } from './allowed-hosts.js';

const hostsOf = (setting: string) => new AllowedHosts(allowedHosts.parse(setting));

describe('the setting POLICY_ALLOWED_HOSTS', () => {
  it('contains hosts, separated by commas, and is empty by default', () => {
    expect(allowedHosts.parse(undefined)).toEqual([]);
    expect(allowedHosts.parse(' API.example.org , *.example.net:8443,')).toEqual([
      'api.example.org',
      '*.example.net:8443',
    ]);
    expect([hostsOf('').isEmpty, hostsOf('a').isEmpty]).toEqual([true, false]);
  });

  it.each([
    'https://api.example.org',
    'api.example.org/path',
    '*',
    '*.*',
    'a b',
    'a..b',
    '10.0.0.0/8',
    'a:b',
    '2001:db8::7',
  ])('refuses the entry %s', (entry) => {
    expect(allowedHosts.safeParse(entry).success).toBe(false);
  });
});

describe('a URL', () => {
  const hosts = hostsOf('api.example.org, *.example.net:8443, 127.0.0.1:8080, [2001:db8::7]');

  it.each([
    'https://api.example.org/x?y',
    'http://api.example.org/',
    'https://API.example.org./',
    'https://a.example.net:8443/',
    'https://a.b.example.net:8443/',
    'http://127.0.0.1:8080/',
    'http://0x7f.1:8080/',
    'http://[2001:DB8:0::7]/',
  ])('is allowed: %s', (address) => {
    expect(hosts.allows(new URL(address))).toBe(true);
  });

  it.each([
    'ftp://api.example.org/',
    'file:///etc/passwd',
    'https://api.example.org:8443/',
    'https://example.org/',
    'https://api.example.org.evil.example/',
    'https://evilapi.example.org/',
    'https://example.net:8443/',
    'https://a.example.net/',
    'https://evilexample.net:8443/',
    'https://api.example.org@evil.example/',
    'http://127.0.0.1/',
    'http://127.0.0.2:8080/',
    'http://localhost:8080/',
  ])('is refused: %s', (address) => {
    expect(hosts.allows(new URL(address))).toBe(false);
  });
});

describe('the address of a host', () => {
  const hosts = hostsOf('api.example.org, 10.1.2.3');

  it.each(['93.184.216.34', '2606:4700::1111', '10.1.2.3', '::ffff:10.1.2.3'])('may be %s', (address) => {
    expect(hosts.allowsAddress(address)).toBe(true);
  });

  it.each([
    ...['127.0.0.1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'ff02::1'],
  ])('may not be %s, which is private (accident 43)', (address) => {
    expect(hosts.allowsAddress(address)).toBe(false);
  });
});
