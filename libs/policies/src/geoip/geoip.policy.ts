import { GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { type Policy, type PolicyInput, type PolicyOutcome, UndecidedPolicyError } from '../policy.js';
import type { geoipContract } from './geoip.contract.js';

const NO_NETWORK = 'GeoIP: client IP not found in ASN database.';
const NO_COUNTRY = 'GeoIP: client IP address not found in City database.';
const OTHER_NETWORK = 'Client IP is not part of an allowed autonomous system.';
const OTHER_COUNTRY = 'Client IP is not in an allowed country.';

/**
 * Passes if the client's autonomous system or country is listed, or if both lists are empty. Throws
 * UndecidedPolicyError if a list is not empty and its database does not contain the client's address.
 */
@Injectable()
export class GeoipPolicy implements Policy<typeof geoipContract> {
  constructor(@Inject(GeoLocator) private readonly geoLocator: GeoLocator) {}

  evaluate({ config: { asns, countries }, request: { client } }: PolicyInput<typeof geoipContract>): PolicyOutcome {
    const refusals = [
      ...(asns.length > 0 && !asns.includes(this.networkOf(client.ip)) ? [OTHER_NETWORK] : []),
      ...(countries.length > 0 && !countries.includes(this.countryOf(client.ip)) ? [OTHER_COUNTRY] : []),
    ];
    const criteria = [asns, countries].filter(({ length }) => length > 0).length;
    return { pass: criteria === 0 || refusals.length < criteria, messages: refusals };
  }

  private networkOf(ip: string): number {
    const asn = this.geoLocator.findNetwork(ip)?.asn;
    if (asn === undefined) throw new UndecidedPolicyError(NO_NETWORK);
    return asn;
  }

  private countryOf(ip: string): string {
    const country = this.geoLocator.findLocation(ip)?.country;
    if (country === undefined) throw new UndecidedPolicyError(NO_COUNTRY);
    return country;
  }
}
