import { describe, expect, it } from 'vitest';
import { FixedGeoLocator, InMemorySessionBindingStore } from '../../testing/in-memory-session-binding-store.js';
import { ALICE } from '../../testing/test-flow.js';
import { findViolation } from './session-binding.js';

const berlin = { continent: 'EU', country: 'DE', city: 1 };
const geoLocator = new FixedGeoLocator(
  {
    home: { asn: 1, network: '192.0.2.0/24' },
    'home-too': { asn: 1, network: '192.0.2.0/24' },
    'home-network': { asn: 1, network: '198.51.100.0/24' },
    away: { asn: 2, network: '203.0.113.0/24' },
  },
  {
    home: berlin,
    'home-too': berlin,
    'home-network': { ...berlin, city: 2 },
    away: { ...berlin, country: 'FR', city: 3 },
    overseas: { continent: 'NA', country: 'US', city: 4 },
    'eu-somewhere': { continent: 'EU', country: undefined, city: undefined },
  },
);
const reason = (to: string, bindings: { network?: string; geoip?: string }, from = 'home') =>
  findViolation({ from, to }, { network: 'no_binding', geoip: 'no_binding', ...bindings }, geoLocator)?.reason;

describe('a binding to the network', () => {
  it.each([
    ['no_binding', 'away', undefined],
    ['no_binding', 'nowhere', undefined],
    ['bind_asn', 'home-network', undefined],
    ['bind_asn', 'away', 'network.asn'],
    ['bind_asn', 'nowhere', 'network.missing'],
    ['bind_asn_network', 'home-too', undefined],
    ['bind_asn_network', 'home-network', 'network.asn_network'],
    ['bind_asn_network', 'away', 'network.asn'],
    ['bind_asn_network_ip', 'home-too', 'network.ip'],
    ['bind_asn_network_ip', 'home-network', 'network.asn_network'],
    ['bind_asn_network_ip', 'away', 'network.asn'],
    ['bind_asn_network_ip', 'nowhere', 'network.missing'],
  ])('in mode %s, a move to %s yields the violation %s', (network, to, expected) => {
    expect(reason(to, { network })).toBe(expected);
  });
});

describe('a binding to the geographic location', () => {
  it.each([
    ['no_binding', 'overseas', undefined],
    ['bind_continent', 'away', undefined],
    ['bind_continent', 'overseas', 'geoip.continent'],
    ['bind_continent', 'nowhere', 'geoip.missing'],
    ['bind_continent_country', 'home-network', undefined],
    ['bind_continent_country', 'away', 'geoip.country'],
    ['bind_continent_country', 'overseas', 'geoip.continent'],
    ['bind_continent_country_city', 'home-too', undefined],
    ['bind_continent_country_city', 'home-network', 'geoip.city'],
    ['bind_continent_country_city', 'away', 'geoip.country'],
  ])('in mode %s, a move to %s yields the violation %s', (geoip, to, expected) => {
    expect(reason(to, { geoip })).toBe(expected);
  });

  it('is violated if the country is unknown, even if it was unknown before', () => {
    const geoip = 'bind_continent_country';

    expect(reason('eu-somewhere', { geoip })).toBe('geoip.country');
    expect(reason('eu-somewhere', { geoip }, 'eu-somewhere')).toBe('geoip.country');
  });
});

it('findViolation checks the binding to the network before the binding to the location', () => {
  expect(reason('overseas', { network: 'bind_asn', geoip: 'bind_continent' })).toBe('network.missing');
});

it('findViolation reports the previous and the new value', () => {
  const bindings = { network: 'bind_asn', geoip: 'no_binding' };

  expect(findViolation({ from: 'home', to: 'away' }, bindings, geoLocator)).toEqual({
    ...{ reason: 'network.asn', previous_value: 1, new_value: 2 },
  });
  expect(findViolation({ from: undefined, to: 'away' }, bindings, geoLocator)).toEqual({
    ...{ reason: 'network.missing', previous_value: null, new_value: 'away' },
  });
});

describe('a session in use', () => {
  const session = { id: 's', lastIp: '192.0.2.1', user: { ...ALICE, is_superuser: false, debug: false } };
  const from = (ip: string) => ({ client: { ip, user_agent: 'vitest' }, requestId: 'request-1' });

  it('needs no lookup of its bindings while its address stays the same', async () => {
    const store = new InMemorySessionBindingStore();

    expect(await store.checker.check(session, from('192.0.2.1'))).toBe(true);
    expect(store).toMatchObject({ lookups: 0, addresses: [] });
  });

  it('stores the new address of its client if it has no binding', async () => {
    const store = new InMemorySessionBindingStore();

    expect(await store.checker.check(session, from('203.0.113.9'))).toBe(true);
    expect(store).toMatchObject({ addresses: ['203.0.113.9'], ended: [] });
  });

  it('that violates its binding ends, with an event of the user, the violation and the request', async () => {
    const store = new InMemorySessionBindingStore();
    store.bindings = { network: 'bind_asn_network_ip', geoip: 'no_binding' };

    expect(await store.checker.check(session, from('203.0.113.9'))).toBe(false);
    expect(store.ended).toEqual([
      {
        user: ALICE,
        violation: { reason: 'network.missing', previous_value: '192.0.2.1', new_value: '203.0.113.9' },
        change: { from: '192.0.2.1', to: '203.0.113.9' },
        request: { userAgent: 'vitest', requestId: 'request-1', location: undefined },
      },
    ]);
    expect(store.reported).toEqual(store.ended);
  });

  it('that another request has just ended is refused', async () => {
    const store = new InMemorySessionBindingStore();
    store.bindings = undefined;

    expect(await store.checker.check(session, from('203.0.113.9'))).toBe(false);
    expect(store.ended).toEqual([]);
  });
});
