import ipaddr from 'ipaddr.js';
import { type AsnResponse, type CityResponse, open, type Reader, type Response } from 'maxmind';
import { z } from 'zod';
import { ConfigError } from './config.js';
import { type GeoLocation, GeoLocator, type NetworkInfo } from './geo-locator.js';

/** Settings of a process that looks up the network and the location of IP addresses. */
export const geoIpConfig = z.object({
  GEOIP_ASN_DATABASE: z
    .string()
    .optional()
    .describe('Path of a GeoLite2-ASN database, for sessions and policies that check the network of an address'),
  GEOIP_CITY_DATABASE: z
    .string()
    .optional()
    .describe('Path of a GeoLite2-City database, for sessions and policies that check the location of an address'),
});

/** Paths of database files in MaxMind's format. */
interface DatabasePaths {
  readonly asn: string | undefined;
  readonly city: string | undefined;
}

/**
 * Looks up IP addresses in MaxMind's databases GeoLite2-ASN and GeoLite2-City. Reads the files at the start only, so
 * new files need a restart.
 */
export class MaxmindGeoLocator extends GeoLocator {
  private constructor(
    private readonly asn: Reader<AsnResponse> | undefined,
    private readonly city: Reader<CityResponse> | undefined,
  ) {
    super();
  }

  /** Opens the databases from the settings. Throws ConfigError if a file is missing or is not a database. */
  static async fromSettings({ GEOIP_ASN_DATABASE: asn, GEOIP_CITY_DATABASE: city }: z.output<typeof geoIpConfig>) {
    return MaxmindGeoLocator.open({ asn, city }).catch((cause: unknown) => {
      throw new ConfigError(`GEOIP_ASN_DATABASE or GEOIP_CITY_DATABASE: ${(cause as Error).message}`);
    });
  }

  /** Opens the databases. Throws if a file is missing or is not a database. */
  static async open({ asn, city }: DatabasePaths): Promise<MaxmindGeoLocator> {
    return new MaxmindGeoLocator(await openDatabase<AsnResponse>(asn), await openDatabase<CityResponse>(city));
  }

  findNetwork(ip: string): NetworkInfo | undefined {
    if (!this.asn || !ipaddr.isValid(ip)) return undefined;
    const [record, length] = this.asn.getWithPrefixLength(ip);
    const asn = record?.autonomous_system_number;
    if (asn === undefined) return undefined;
    return { asn, network: toCidr(ip, length), organization: record?.autonomous_system_organization };
  }

  findLocation(ip: string): GeoLocation | undefined {
    const record = ipaddr.isValid(ip) ? this.city?.get(ip) : undefined;
    if (!record) return undefined;
    const { continent, country, city, location } = record;
    return {
      ...{ continent: continent?.code, country: country?.iso_code, city: city?.geoname_id },
      ...{ city_name: city?.names?.en, latitude: location?.latitude, longitude: location?.longitude },
    };
  }
}

const openDatabase = async <T extends Response>(path: string | undefined) =>
  path === undefined ? undefined : open<T>(path);

/** Returns the network with this prefix length that contains an address, in CIDR notation. */
function toCidr(ip: string, length: number): string {
  const family = ipaddr.parse(ip).kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${ip}/${length}`).toString()}/${length}`;
}
