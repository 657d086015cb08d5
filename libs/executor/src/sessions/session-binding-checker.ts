import type { SavedUser } from '@gatehouse/contracts';
import type { GeoLocation, GeoLocator } from '@gatehouse/platform';
import { type Identity, toSavedUser } from '../ports/plan-store.js';
import type { AddressChange, BindingViolation, SessionBindings } from './session-binding.js';
import { findViolation } from './session-binding.js';

interface BoundSession {
  readonly id: string;
  readonly lastIp?: string | undefined;
  readonly user: Identity;
}

/** A request that uses a session with bindings. */
interface BoundRequest {
  readonly client: { readonly ip: string; readonly user_agent: string };
  /** The value of the response header `x-authentik-id`. */
  readonly requestId: string;
}

interface Dependencies {
  readonly sessions: SessionBindingStore;
  readonly geoLocator: GeoLocator;
  /** Called with the error if the client's new address could not be stored. The request does not wait for that. */
  readonly report: (error: unknown) => void;
  /** Called when a session was ended because it was used outside its network or place. */
  readonly reportBroken: (breach: BrokenSession) => void;
}

/**
 * Ends sessions that are used outside the network or place that they are bound to
 * (docs/spec/sessions.md#session-binding).
 */
export class SessionBindingChecker {
  constructor(private readonly dependencies: Dependencies) {}

  /** Returns whether the client may use the session from its present address. If it may not, ends the session. */
  async check(session: BoundSession, { client, requestId }: BoundRequest): Promise<boolean> {
    if (session.lastIp === client.ip) return true;
    const { sessions, geoLocator, report, reportBroken } = this.dependencies;
    const bindings = await sessions.findBindings(session.id);
    const move = { from: session.lastIp, to: client.ip };
    const broken = bindings && findViolation(move, bindings, geoLocator);
    if (broken) {
      const request = { userAgent: client.user_agent, requestId, location: geoLocator.findLocation(client.ip) };
      const breach = { user: toSavedUser(session.user), violation: broken, change: move, request };
      await sessions.end(session.id, breach);
      reportBroken(breach);
    } else if (bindings) sessions.updateClient(session.id, client).catch(report);
    return bindings !== undefined && !broken;
  }
}

/** A session that was used outside the network or place to which it is bound. */
export interface BrokenSession {
  readonly user: SavedUser;
  readonly violation: BindingViolation;
  readonly change: AddressChange;
  /** The parts of the request that the event records. */
  readonly request: {
    readonly userAgent: string;
    readonly requestId: string;
    readonly location: GeoLocation | undefined;
  };
}

/** Stores the bindings of sessions, and the addresses from which they are used. */
export abstract class SessionBindingStore {
  /** Returns the bindings of a session; `undefined` if the session has ended. */
  abstract findBindings(id: string): Promise<SessionBindings | undefined>;
  /** Stores the address and user agent from which a session is used. */
  abstract updateClient(id: string, to: { readonly ip: string; readonly user_agent: string }): Promise<void>;
  /** Ends a session and records the `logout` event of its user, in one transaction. */
  abstract end(id: string, breach: BrokenSession): Promise<void>;
}
