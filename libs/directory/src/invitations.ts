import { createHash } from 'node:crypto';

const REFERENCE_LENGTH = 16;

/** The fields of an invitation (docs/spec/directory.md#invitations). */
export interface InvitationFields {
  readonly name: string;
  /** Time at which the invitation expires. Null: never. */
  readonly expires: Date | null;
  /** Prompt values that the invited user cannot change. */
  readonly fixed_data: Readonly<Record<string, unknown>>;
  readonly single_use: boolean;
  /** Id of the only flow that accepts the invitation. Null: every flow accepts it. */
  readonly flow: string | null;
}

/** An invitation as a flow sees it. */
export interface RedeemableInvitation extends InvitationFields {
  readonly pk: string;
}

/**
 * Returns the reference to an invitation in events: 16 hexadecimal digits of the SHA-256 of the pk. The name would not
 * be unique, and the pk itself is the secret in the link of the invitation.
 */
export const invitationReference = (pk: string): string =>
  createHash('sha256').update(pk).digest('hex').slice(0, REFERENCE_LENGTH);

/** Returns the context of audit events about a created, changed or deleted invitation. Leaves out its prompt values. */
export const invitationEventContext = ({ pk, name, flow, single_use, expires }: RedeemableInvitation) => ({
  ...{ name, flow, single_use, expires: expires?.toISOString() ?? null, reference: invitationReference(pk) },
});

/** The user who created an invitation. */
export interface Inviter {
  readonly pk: number;
  readonly uuid: string;
  readonly username: string;
  readonly name: string;
  readonly is_active: boolean;
  /** Time of the last login in ISO 8601. */
  readonly last_login: string | null;
  readonly email: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An invitation. Its `pk` is the secret in its link. */
export interface Invitation extends RedeemableInvitation {
  /** Null if the creator was deleted. */
  readonly created_by: Inviter | null;
}

/** Fields that lists of invitations can be sorted by. */
export const INVITATION_ORDERS = ['pk', 'name', 'expires', 'fixed_data', 'created_by', 'single_use', 'flow'] as const;
export type InvitationOrder = { readonly by: (typeof INVITATION_ORDERS)[number]; readonly descending: boolean };

/** Selects invitations that match all given fields. */
export interface InvitationFilter {
  readonly name?: string | undefined;
  /** Username of the creator. */
  readonly creator?: string | undefined;
  /** Time of expiry, compared in milliseconds, the precision of the API. */
  readonly expires?: Date | undefined;
  /** Id of a flow. */
  readonly flow?: string | undefined;
  /**
   * For each element, `word` must occur in the name, the expiry or the creator's username, or the invitation must be
   * for one of the `flows` of that element.
   */
  readonly words?: readonly { readonly word: string; readonly flows: readonly string[] }[];
}

/** A page of a sorted list. Equal invitations are sorted by age, newest first. */
export interface InvitationSlice {
  readonly offset: number;
  readonly limit: number;
  readonly order: readonly InvitationOrder[];
}
