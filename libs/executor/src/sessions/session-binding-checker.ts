import type { SavedUser } from '@gatehouse/contracts';
import type { GeoLocator } from '@gatehouse/platform';
import { type Identity, toSavedUser } from '../ports/plan-store.js';
import type { AddressChange, BindingViolation, SessionBindings } from './session-binding.js';
import { findViolation } from './session-binding.js';

interface BoundSession {
  readonly id: string;
  readonly lastIp?: string | undefined;
  readonly user: Identity;
}

interface Dependencies {
  readonly sessions: SessionBindingStore;
  readonly places: GeoLocator;
  /** Told when a move could not be noted: nobody waits for that. */
  readonly report: (error: unknown) => void;
}

/** Keeps sessions to the network and place that their login bound them to (docs/spec/sessions.md#session-binding). */
export class SessionBindingChecker {
  constructor(private readonly parts: Dependencies) {}

  /** Whether a session may be used from where the client is; one that may not has ended when this says so. */
  async check(session: BoundSession, client: { readonly ip: string; readonly user_agent: string }): Promise<boolean> {
    if (session.lastIp === client.ip) return true;
    const { sessions, places, report } = this.parts;
    const bindings = await sessions.findBindings(session.id);
    const move = { from: session.lastIp, to: client.ip };
    const broken = bindings && findViolation(move, bindings, places);
    if (broken) await sessions.end(session.id, { user: toSavedUser(session.user), violation: broken, change: move });
    else if (bindings) sessions.updateClient(session.id, client).catch(report);
    return bindings !== undefined && !broken;
  }
}

/** Why a session ended that left its network or place. */
export interface BrokenSession {
  readonly user: SavedUser;
  readonly violation: BindingViolation;
  readonly change: AddressChange;
}

/** Sessions as far as they are bound to where they were begun. */
export abstract class SessionBindingStore {
  /** Undefined when there is no such session any more. */
  abstract findBindings(id: string): Promise<SessionBindings | undefined>;
  /** Notes where a session is used from now. */
  abstract updateClient(id: string, to: { readonly ip: string; readonly user_agent: string }): Promise<void>;
  /** Ends a session, and lets other services know why, both or neither. */
  abstract end(id: string, breach: BrokenSession): Promise<void>;
}
