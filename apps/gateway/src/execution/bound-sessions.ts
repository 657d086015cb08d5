import type { SavedUser } from '@gatehouse/contracts';
import type { Bindings, Break, Move } from './session-binding.js';

/** Why a session ended that left its network or place. */
export interface Breach {
  readonly user: SavedUser;
  readonly broken: Break;
  readonly move: Move;
}

/** Sessions as far as they are bound to where they were begun. */
export abstract class BoundSessions {
  /** Undefined when there is no such session any more. */
  abstract findBindings(id: string): Promise<Bindings | undefined>;
  /** Notes where a session is used from now. */
  abstract move(id: string, to: { readonly ip: string; readonly user_agent: string }): Promise<void>;
  /** Ends a session, and lets other services know why, both or neither. */
  abstract end(id: string, breach: Breach): Promise<void>;
}
