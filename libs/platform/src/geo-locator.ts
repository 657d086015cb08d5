/** The network that an address belongs to. */
export interface NetworkInfo {
  readonly asn: number;
  /** Whose it is. */
  readonly organization?: string | undefined;
  /** CIDR of the announced network. */
  readonly network: string;
}

/** Where an address is; what is not known of it is undefined. */
export interface GeoLocation {
  readonly continent: string | undefined;
  readonly country: string | undefined;
  /** GeoNames id of the city. */
  readonly city: number | undefined;
  readonly city_name?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

/** What is known of addresses. Without data there is nothing known. */
export abstract class GeoLocator {
  abstract findNetwork(ip: string): NetworkInfo | undefined;
  abstract findLocation(ip: string): GeoLocation | undefined;
}
