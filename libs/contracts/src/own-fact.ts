import type { z } from 'zod';

/** Format of the names of own facts: `x_<vendor>_<name>`. */
export const OWN_FACT = /^x_[a-z0-9]+_[a-z0-9_]{0,60}[a-z0-9]$/;
/** Largest length of the value of an own fact as JSON, in characters. */
export const MAX_OWN_FACT_LENGTH = 8 * 1024;

/**
 * How a stage uses an own fact, that is, a fact of a plan whose name and schema a vendor defines, for other stages and
 * policies (docs/spec/plan.md#own-facts).
 */
export interface OwnFactUse {
  /** Schema of the value. All stages of a flow that use the fact declare the same schema. */
  readonly schema: z.ZodType;
  /** Whether the stage receives the fact. If a `required` fact is absent, the gateway denies the flow. */
  readonly reads?: 'required' | 'optional' | undefined;
  /** Whether the stage may set or remove the fact. */
  readonly writes?: boolean | undefined;
}

export type OwnFactUses = Readonly<Record<string, OwnFactUse>>;

/** Returns whether a name is that of an own fact. */
export const isOwnFact = (name: string): boolean => OWN_FACT.test(name);

/** Returns whether an own fact may have this value: its schema accepts the value, which is not too long as JSON. */
export const fitsOwnFact = (schema: z.ZodType, value: unknown): boolean =>
  JSON.stringify(value ?? null).length <= MAX_OWN_FACT_LENGTH && schema.safeParse(value).success;

/** Returns the vendor in a kind of an external stage, or in the name of an own fact: `acme` for `x_acme_terms`. */
export const vendorOf = (name: string): string | undefined => name.split('_')[1];
