/** The announced network (BGP prefix) that contains an IP address, and its autonomous system. */
export interface NetworkInfo {
  readonly asn: number;
  /** Owner of the autonomous system. */
  readonly organization?: string | undefined;
  /** CIDR of the announced network. */
  readonly network: string;
}

/** The location of an IP address. Unknown fields are undefined. */
export interface GeoLocation {
  readonly continent: string | undefined;
  readonly country: string | undefined;
  /** GeoNames id of the city. */
  readonly city: number | undefined;
  readonly city_name?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

/** Looks up IP addresses. Returns undefined for an unknown address, or if no database is configured. */
export abstract class GeoLocator {
  abstract findNetwork(ip: string): NetworkInfo | undefined;
  abstract findLocation(ip: string): GeoLocation | undefined;
}
