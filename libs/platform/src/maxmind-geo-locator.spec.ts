import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeMmdb } from '../../../test/support/mmdb.js';
import { MaxmindGeoLocator } from './maxmind-geo-locator.js';

let folder: string;
let places: MaxmindGeoLocator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-places-'));
  const [asn, city] = [join(folder, 'asn.mmdb'), join(folder, 'city.mmdb')];
  await writeMmdb(asn, 'GeoLite2-ASN', {
    '198.51.100.0/25': { autonomous_system_number: 64_500, autonomous_system_organization: 'Example' },
    '2001:db8:1::/48': { autonomous_system_number: 64_501 },
  });
  await writeMmdb(city, 'GeoLite2-City', {
    '198.51.100.0/24': { continent: { code: 'EU' }, country: { iso_code: 'DE' }, city: { geoname_id: 2_950_159 } },
    '203.0.113.0/24': { continent: { code: 'EU' } },
  });
  places = await MaxmindGeoLocator.open({ asn, city });
});
afterAll(() => rm(folder, { recursive: true }));

it('knows the network of an address, and how it is written', () => {
  expect(places.findNetwork('198.51.100.7')).toEqual({
    ...{ asn: 64_500, network: '198.51.100.0/25' },
    organization: 'Example',
  });
  expect(places.findNetwork('2001:db8:1::7')).toEqual({ asn: 64_501, network: '2001:db8:1::/48' });
  expect(places.findNetwork('198.51.100.200')).toBeUndefined();
});

it('knows where an address is, as far as anybody does', () => {
  expect(places.findLocation('198.51.100.7')).toEqual({ continent: 'EU', country: 'DE', city: 2_950_159 });
  expect(places.findLocation('203.0.113.7')).toEqual({ continent: 'EU', country: undefined, city: undefined });
  expect(places.findLocation('2001:db8:1::7')).toBeUndefined();
});

it.each(['', 'a', '255.255.255.255'])('knows nothing of %j', (ip) => {
  expect(places.findNetwork(ip)).toBeUndefined();
  expect(places.findLocation(ip)).toBeUndefined();
});

it('knows nothing without databases', async () => {
  const none = await MaxmindGeoLocator.open({ asn: undefined, city: undefined });

  expect(none.findNetwork('198.51.100.7')).toBeUndefined();
  expect(none.findLocation('198.51.100.7')).toBeUndefined();
});

it('refuses a file that is missing or is something else', async () => {
  const file = join(folder, 'something-else');
  await writeFile(file, 'something else');

  await expect(MaxmindGeoLocator.open({ asn: join(folder, 'nowhere'), city: undefined })).rejects.toThrow(/ENOENT/);
  await expect(MaxmindGeoLocator.open({ asn: undefined, city: file })).rejects.toThrow(/Unknown type/);
});
