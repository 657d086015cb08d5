import { GeoLocator } from '@gatehouse/platform';
import { expect, it } from 'vitest';
import { InMemoryLoginPlaces } from '../../testing/in-memory-login-places.js';
import { policyInput } from '../../testing/index.js';
import { geoipContract } from './geoip.contract.js';
import { GeoipPolicy } from './geoip.policy.js';

class FixedGeoLocator extends GeoLocator {
  findNetwork = () => ({ asn: 64_500, network: '203.0.113.0/24' });
  findLocation = () => ({ continent: 'EU', country: 'DE', city: undefined });
}
class EmptyGeoLocator extends GeoLocator {
  findNetwork = () => undefined;
  findLocation = () => undefined;
}
const ask = (config: object, geoLocator: GeoLocator = new FixedGeoLocator()) =>
  new GeoipPolicy(geoLocator, new InMemoryLoginPlaces([])).evaluate(
    policyInput(geoipContract, { config: { ...config } }),
  );

const NETWORK = 'Client IP is not part of an allowed autonomous system.';
const COUNTRY = 'Client IP is not in an allowed country.';

it.each([
  [{}, true, []],
  [{ asns: [64_500] }, true, []],
  [{ asns: [1] }, false, [NETWORK]],
  [{ countries: ['FR', 'DE'] }, true, []],
  [{ countries: ['FR'] }, false, [COUNTRY]],
  [{ asns: [1], countries: ['DE'] }, true, [NETWORK]],
  [{ asns: [1], countries: ['FR'] }, false, [NETWORK, COUNTRY]],
])('passes if the network or the country is listed: %j', async (config, pass, messages) => {
  expect(await ask(config)).toEqual({ pass, messages });
});

it('is undecided for an address that is in no GeoIP database, but passes if no list is set', async () => {
  await expect(ask({ asns: [1], countries: ['DE'] }, new EmptyGeoLocator())).rejects.toThrow(
    'GeoIP: client IP not found in ASN database.',
  );
  await expect(ask({ countries: ['DE'] }, new EmptyGeoLocator())).rejects.toThrow(
    'GeoIP: client IP address not found in City database.',
  );
  expect(await ask({}, new EmptyGeoLocator())).toMatchObject({ pass: true });
});
