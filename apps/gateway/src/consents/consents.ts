import type { SavedUser } from '@gatehouse/contracts';
import type { Slice } from '../sessions/sessions.js';

/** What a user has allowed an application. */
export interface ConsentRecord {
  readonly pk: number;
  readonly permissions: readonly string[];
  /** Undefined: never. */
  readonly expires: Date | undefined;
  readonly application: { readonly uuid: string; readonly slug: string; readonly name: string };
  readonly user: ConsentUser;
}

/** Whose consent it is. */
export interface ConsentUser {
  readonly pk: number;
  readonly uuid: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly is_superuser: boolean;
  readonly type: string;
}

/** Who takes a consent back, and from where. */
export interface Revocation {
  readonly by: SavedUser;
  readonly clientIp: string;
}

/** What users have allowed applications, that still holds: one user's (`ofUser`), or everybody's when it is undefined. */
export abstract class Consents {
  abstract count(ofUser: string | undefined): Promise<number>;
  /** By application. */
  abstract list(ofUser: string | undefined, slice: Slice): Promise<ConsentRecord[]>;
  abstract find(pk: number, ofUser: string | undefined): Promise<ConsentRecord | undefined>;
  /** Takes a consent back, which is an audit event; false when there is none. */
  abstract remove(consent: ConsentRecord, revocation: Revocation): Promise<boolean>;
}
