import { GeoLocator } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { distanceKm, positionOf, reachKm } from '../distance.js';
import { LoginPlaceRepository } from '../login-places.repository.js';
import { type Policy, type PolicyInput, type PolicyOutcome, UndecidedPolicyError } from '../policy.js';
import type { geoipContract } from './geoip.contract.js';

type GeoipInput = PolicyInput<typeof geoipContract>;

const NO_NETWORK = 'GeoIP: client IP not found in ASN database.';
const NO_COUNTRY = 'GeoIP: client IP address not found in City database.';
const OTHER_NETWORK = 'Client IP is not part of an allowed autonomous system.';
const OTHER_COUNTRY = 'Client IP is not in an allowed country.';
const TOO_FAR = 'Distance from previous authentication is larger than threshold.';
const IMPOSSIBLE = 'Distance is further than possible.';

/**
 * Passes if the client's autonomous system or country is listed, and the client's place fits the last logins of the
 * user. Throws UndecidedPolicyError if a list is not empty and its database does not contain the client's address.
 */
@Injectable()
export class GeoipPolicy implements Policy<typeof geoipContract> {
  constructor(
    @Inject(GeoLocator) private readonly geoLocator: GeoLocator,
    @Inject(LoginPlaceRepository) private readonly places: LoginPlaceRepository,
  ) {}

  async evaluate(input: GeoipInput): Promise<PolicyOutcome> {
    const listed = this.checkLists(input);
    const { check_history_distance, check_impossible_travel } = input.config;
    if (!check_history_distance && !check_impossible_travel) return listed;
    const { pass, messages } = await this.checkHistory(input);
    return { pass: listed.pass && pass, messages: [...listed.messages, ...messages] };
  }

  private checkLists({ config: { asns, countries }, request: { client } }: GeoipInput): Verdict {
    const refusals = [
      ...(asns.length > 0 && !asns.includes(this.networkOf(client.ip)) ? [OTHER_NETWORK] : []),
      ...(countries.length > 0 && !countries.includes(this.countryOf(client.ip)) ? [OTHER_COUNTRY] : []),
    ];
    const criteria = [asns, countries].filter(({ length }) => length > 0).length;
    return { pass: criteria === 0 || refusals.length < criteria, messages: refusals };
  }

  /**
   * Compares the place of the client with those of the user's last logins, newest first. Passes for a user without
   * logins. Does not pass if the place of the client, or of all logins, is unknown.
   */
  private async checkHistory({ config, request: { client, user } }: GeoipInput): Promise<Verdict> {
    const here = positionOf(this.geoLocator.findLocation(client.ip));
    if (!here) return { pass: false, messages: [] };
    const logins = user?.kind === 'saved' ? await this.places.findLatest(user.uuid, config.history_login_count) : [];
    const now = new Date();
    for (const { at, position } of logins) {
      const message = position && mismatch(config, distanceKm(here, position), reachKm(at, now));
      if (message !== undefined) return { pass: false, messages: [message] };
    }
    return { pass: logins.length === 0 || logins.some(({ position }) => position), messages: [] };
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

interface Verdict {
  readonly pass: boolean;
  readonly messages: readonly string[];
}

/** Returns why a place does not fit an earlier login; undefined if it fits. */
function mismatch(config: GeoipInput['config'], distance: number, reach: number): string | undefined {
  if (config.check_history_distance && distance >= config.history_max_distance_km + config.distance_tolerance_km)
    return TOO_FAR;
  return config.check_impossible_travel && distance >= reach + config.impossible_tolerance_km ? IMPOSSIBLE : undefined;
}
