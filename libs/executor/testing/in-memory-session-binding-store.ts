import { type GeoLocation, GeoLocator, type NetworkInfo } from '@gatehouse/platform';
import type { SessionBindings } from '../src/sessions/session-binding.js';
import {
  type BrokenSession,
  SessionBindingChecker,
  SessionBindingStore,
} from '../src/sessions/session-binding-checker.js';

/** A store of one session with the bindings that a test sets. Records updates and the end of the session. */
export class InMemorySessionBindingStore extends SessionBindingStore {
  bindings: SessionBindings | undefined = { network: 'no_binding', geoip: 'no_binding' };
  lookups = 0;
  readonly addresses: string[] = [];
  readonly ended: BrokenSession[] = [];
  readonly reported: BrokenSession[] = [];
  /** A checker for which all networks and locations are unknown. */
  readonly checker = new SessionBindingChecker({
    sessions: this,
    geoLocator: new FixedGeoLocator(),
    report: () => undefined,
    reportBroken: (breach) => this.reported.push(breach),
  });

  async findBindings() {
    this.lookups++;
    return this.bindings;
  }
  async updateClient(_id: string, { ip }: { ip: string }) {
    this.addresses.push(ip);
  }
  async end(_id: string, session: BrokenSession) {
    this.ended.push(session);
  }
}

/** Returns the networks and locations that a test sets. */
export class FixedGeoLocator extends GeoLocator {
  constructor(
    private readonly networks: Readonly<Record<string, NetworkInfo>> = {},
    private readonly locations: Readonly<Record<string, GeoLocation>> = {},
  ) {
    super();
  }
  findNetwork(ip: string) {
    return this.networks[ip];
  }
  findLocation(ip: string) {
    return this.locations[ip];
  }
}
