/** What can be said of an invitation (docs/spec/directory.md#invitations). */
export interface InvitationFields {
  readonly name: string;
  /** Null: never. */
  readonly expires: Date | null;
  /** What whoever comes by it finds filled in and cannot change. */
  readonly fixed_data: Readonly<Record<string, unknown>>;
  readonly single_use: boolean;
  /** Id of the only flow that it is for; null: any. */
  readonly flow: string | null;
}

/** What whoever comes by an invitation gets to know of it. */
export interface RedeemableInvitation extends InvitationFields {
  readonly pk: string;
}

/** The user who made an invitation. */
export interface Inviter {
  readonly pk: number;
  readonly uuid: string;
  readonly username: string;
  readonly name: string;
  readonly is_active: boolean;
  /** ISO 8601. */
  readonly last_login: string | null;
  readonly email: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An invitation; whoever knows its `pk` has it. */
export interface Invitation extends RedeemableInvitation {
  /** While there is one. */
  readonly created_by: Inviter | null;
}

/** What invitations can be ordered by. */
export const INVITATION_ORDERS = ['pk', 'name', 'expires', 'fixed_data', 'created_by', 'single_use', 'flow'] as const;
export type InvitationOrder = { readonly by: (typeof INVITATION_ORDERS)[number]; readonly descending: boolean };

/** Which invitations are meant: those that all of it fits. */
export interface InvitationFilter {
  readonly name?: string | undefined;
  /** Name of the user who made it. */
  readonly creator?: string | undefined;
  /** To the millisecond, as the API tells it. */
  readonly expires?: Date | undefined;
  /** Id of a flow. */
  readonly flow?: string | undefined;
  /** Each must occur in the name, the time, the name of its maker, or else it must be for one of the flows. */
  readonly words?: readonly { readonly word: string; readonly flows: readonly string[] }[];
}

/** A piece of a list in an order; those of the same rank are told the newest first. */
export interface InvitationSlice {
  readonly offset: number;
  readonly limit: number;
  readonly order: readonly InvitationOrder[];
}

/** The invitations of the house. */
export abstract class Invitations {
  /** By pk, or else the first of a name. */
  abstract find(by: { readonly pk: string } | { readonly name: string }): Promise<Invitation | undefined>;
  abstract list(filter: InvitationFilter, slice: InvitationSlice): Promise<Invitation[]>;
  abstract count(filter: InvitationFilter): Promise<number>;
  /** `by`: uuid of the user who makes it. */
  abstract create(fields: InvitationFields & { readonly pk?: string; readonly by?: string }): Promise<Invitation>;
  /** Undefined when there is none. */
  abstract update(pk: string, fields: InvitationFields): Promise<Invitation | undefined>;
  /** False when there is none. */
  abstract remove(pk: string): Promise<boolean>;
  /** The invitation, if it can be used now and in this flow: one that has expired, is for another flow, or was used cannot. */
  abstract findUsable(pk: string, flow: string | undefined): Promise<RedeemableInvitation | undefined>;
  /** Whether it could be used until now; one for a single use is gone then, so that of many who use it at once one does. */
  abstract redeem(pk: string, flow: string | undefined): Promise<boolean>;
}
