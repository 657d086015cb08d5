import { BindingGuard } from '../../apps/gateway/src/execution/binding-guard.js';
import { BoundSessions, type Breach } from '../../apps/gateway/src/execution/bound-sessions.js';
import type { Bindings } from '../../apps/gateway/src/execution/session-binding.js';
import { type Location, type Network, Places } from '../../libs/platform/src/places.js';

/** Sessions bound as told, and what became of them. */
export class MemoryBoundSessions extends BoundSessions {
  bindings: Bindings | undefined = { network: 'no_binding', geoip: 'no_binding' };
  looks = 0;
  readonly moves: string[] = [];
  readonly ended: Breach[] = [];
  /** Keeps them to places of which nothing is known. */
  readonly guard = new BindingGuard({ sessions: this, places: new KnownPlaces(), report: () => undefined });

  async findBindings() {
    this.looks++;
    return this.bindings;
  }
  async move(_id: string, { ip }: { ip: string }) {
    this.moves.push(ip);
  }
  async end(_id: string, breach: Breach) {
    this.ended.push(breach);
  }
}

/** Knows of addresses what it is told. */
export class KnownPlaces extends Places {
  constructor(
    private readonly networks: Readonly<Record<string, Network>> = {},
    private readonly locations: Readonly<Record<string, Location>> = {},
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
