import { type GeoLocation, GeoLocator, type NetworkInfo } from '@gatehouse/platform';
import type { SessionBindings } from '../src/sessions/session-binding.js';
import {
  SessionBindingChecker,
  SessionBindingStore,
  type SessionBreak,
} from '../src/sessions/session-binding-checker.js';

/** Sessions bound as told, and what became of them. */
export class InMemorySessionBindingStore extends SessionBindingStore {
  bindings: SessionBindings | undefined = { network: 'no_binding', geoip: 'no_binding' };
  looks = 0;
  readonly moves: string[] = [];
  readonly ended: SessionBreak[] = [];
  /** Keeps them to places of which nothing is known. */
  readonly guard = new SessionBindingChecker({
    sessions: this,
    places: new FixedGeoLocator(),
    report: () => undefined,
  });

  async findBindings() {
    this.looks++;
    return this.bindings;
  }
  async move(_id: string, { ip }: { ip: string }) {
    this.moves.push(ip);
  }
  async end(_id: string, breach: SessionBreak) {
    this.ended.push(breach);
  }
}

/** Knows of addresses what it is told. */
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
