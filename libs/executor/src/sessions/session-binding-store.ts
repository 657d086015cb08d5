import type { SavedUser } from '@gatehouse/contracts';
import type { AddressChange, BindingViolation, SessionBindings } from './session-binding.js';

/** Why a session ended that left its network or place. */
export interface SessionBreak {
  readonly user: SavedUser;
  readonly broken: BindingViolation;
  readonly move: AddressChange;
}

/** Sessions as far as they are bound to where they were begun. */
export abstract class SessionBindingStore {
  /** Undefined when there is no such session any more. */
  abstract findBindings(id: string): Promise<SessionBindings | undefined>;
  /** Notes where a session is used from now. */
  abstract move(id: string, to: { readonly ip: string; readonly user_agent: string }): Promise<void>;
  /** Ends a session, and lets other services know why, both or neither. */
  abstract end(id: string, breach: SessionBreak): Promise<void>;
}
