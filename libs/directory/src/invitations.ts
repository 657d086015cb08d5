/** What can be said of an invitation (02-stages §14.1). */
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

/** An invitation; whoever knows its `pk` has it. */
export interface Invitation extends InvitationFields {
  readonly pk: string;
  /** The user who made it, by pk, while there is one. */
  readonly created_by: number | null;
}

/** The invitations of the house. */
export abstract class Invitations {
  /** By pk, or else the first of a name. */
  abstract find(by: { readonly pk: string } | { readonly name: string }): Promise<Invitation | undefined>;
  abstract list(slice: { readonly offset: number; readonly limit: number }): Promise<Invitation[]>;
  abstract count(): Promise<number>;
  /** `by`: uuid of the user who makes it. */
  abstract create(fields: InvitationFields & { readonly pk?: string; readonly by?: string }): Promise<Invitation>;
  /** Undefined when there is none. */
  abstract update(pk: string, fields: InvitationFields): Promise<Invitation | undefined>;
  /** False when there is none. */
  abstract remove(pk: string): Promise<boolean>;
  /** The invitation, if it can be used now and in this flow: one that has expired, is for another flow, or was used cannot. */
  abstract findUsable(pk: string, flow: string | undefined): Promise<Invitation | undefined>;
  /** Whether it could be used until now; one for a single use is gone then, so that of many who use it at once one does. */
  abstract redeem(pk: string, flow: string | undefined): Promise<boolean>;
}
