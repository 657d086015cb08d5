import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeMmdb } from '../../../test/support/mmdb.js';
import { MaxmindGeoLocator } from './maxmind-geo-locator.js';

let folder: string;
let locator: MaxmindGeoLocator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-geoip-'));
  const [asn, city] = [join(folder, 'asn.mmdb'), join(folder, 'city.mmdb')];
  await writeMmdb(asn, 'GeoLite2-ASN', {
    '198.51.100.0/25': { autonomous_system_number: 64_500, autonomous_system_organization: 'Example' },
    '2001:db8:1::/48': { autonomous_system_number: 64_501 },
  });
  await writeMmdb(city, 'GeoLite2-City', {
    '198.51.100.0/24': { continent: { code: 'EU' }, country: { iso_code: 'DE' }, city: { geoname_id: 2_950_159 } },
    '203.0.113.0/24': { continent: { code: 'EU' } },
  });
  locator = await MaxmindGeoLocator.open({ asn, city });
});
afterAll(() => rm(folder, { recursive: true }));

it('MaxmindGeoLocator finds the network of an address, in CIDR notation', () => {
  expect(locator.findNetwork('198.51.100.7')).toEqual({
    ...{ asn: 64_500, network: '198.51.100.0/25' },
    organization: 'Example',
  });
  expect(locator.findNetwork('2001:db8:1::7')).toEqual({ asn: 64_501, network: '2001:db8:1::/48' });
  expect(locator.findNetwork('198.51.100.200')).toBeUndefined();
});

it('MaxmindGeoLocator finds the location of an address, and leaves unknown fields undefined', () => {
  expect(locator.findLocation('198.51.100.7')).toEqual({ continent: 'EU', country: 'DE', city: 2_950_159 });
  expect(locator.findLocation('203.0.113.7')).toEqual({ continent: 'EU', country: undefined, city: undefined });
  expect(locator.findLocation('2001:db8:1::7')).toBeUndefined();
});

it.each(['', 'a', '255.255.255.255'])('MaxmindGeoLocator returns undefined for %j, which is in no database', (ip) => {
  expect(locator.findNetwork(ip)).toBeUndefined();
  expect(locator.findLocation(ip)).toBeUndefined();
});

it('MaxmindGeoLocator returns undefined for every address if no database is configured', async () => {
  const none = await MaxmindGeoLocator.open({ asn: undefined, city: undefined });

  expect(none.findNetwork('198.51.100.7')).toBeUndefined();
  expect(none.findLocation('198.51.100.7')).toBeUndefined();
});

it('MaxmindGeoLocator.open throws if a file is missing or is not a database', async () => {
  const file = join(folder, 'something-else');
  await writeFile(file, 'something else');

  await expect(MaxmindGeoLocator.open({ asn: join(folder, 'nowhere'), city: undefined })).rejects.toThrow(/ENOENT/);
  await expect(MaxmindGeoLocator.open({ asn: undefined, city: file })).rejects.toThrow(/Unknown type/);
});
