import ipaddr from 'ipaddr.js';
import { type AsnResponse, type CityResponse, open, type Reader, type Response } from 'maxmind';
import { type Location, type Network, Places } from '../execution/places.js';

/** Paths of databases in MaxMind's format. */
interface Databases {
  readonly asn: string | undefined;
  readonly city: string | undefined;
}

/** What MaxMind's databases (GeoLite2-ASN, GeoLite2-City) know of addresses, as the files are when they are opened. */
export class MaxmindPlaces extends Places {
  private constructor(
    private readonly asn: Reader<AsnResponse> | undefined,
    private readonly city: Reader<CityResponse> | undefined,
  ) {
    super();
  }

  /** Throws when a file that is named is no such database. */
  static async open({ asn, city }: Databases): Promise<MaxmindPlaces> {
    return new MaxmindPlaces(await openDatabase<AsnResponse>(asn), await openDatabase<CityResponse>(city));
  }

  findNetwork(ip: string): Network | undefined {
    if (!this.asn || !ipaddr.isValid(ip)) return undefined;
    const [record, length] = this.asn.getWithPrefixLength(ip);
    const asn = record?.autonomous_system_number;
    return asn === undefined ? undefined : { asn, network: networkOf(ip, length) };
  }

  findLocation(ip: string): Location | undefined {
    const record = ipaddr.isValid(ip) ? this.city?.get(ip) : undefined;
    if (!record) return undefined;
    const { continent, country, city } = record;
    return { continent: continent?.code, country: country?.iso_code, city: city?.geoname_id };
  }
}

const openDatabase = async <T extends Response>(path: string | undefined) =>
  path === undefined ? undefined : open<T>(path);

/** The network of an address, as CIDR. */
function networkOf(ip: string, length: number): string {
  const family = ipaddr.parse(ip).kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${ip}/${length}`).toString()}/${length}`;
}
