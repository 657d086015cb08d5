/** Who consents, and to whom. */
export interface ConsentParties {
  readonly user: string;
  readonly application: { readonly uuid: string; readonly slug: string; readonly name: string };
}

/** What a user has allowed an application. */
export interface ConsentGrant {
  readonly pk: number;
  readonly permissions: readonly string[];
}

/** What is added to a grant. */
export interface GrantAddition {
  readonly permissions: readonly string[];
  /** Seconds until all of it ends; null: never. */
  readonly lifetime_s: number | null;
}

/** A grant after something was added to it. */
export interface UpdatedGrant extends ConsentGrant {
  /** Whether there was none before. */
  readonly isNew: boolean;
}

/** What users have allowed applications; whatever has expired is not there. */
export abstract class Consents {
  abstract find(parties: ConsentParties): Promise<ConsentGrant | undefined>;
  /** Adds to what was allowed before, never takes away. Asked twice under one id, it adds once and answers alike. */
  abstract add(id: string, parties: ConsentParties, addition: GrantAddition): Promise<UpdatedGrant>;
}
