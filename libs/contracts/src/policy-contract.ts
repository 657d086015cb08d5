import type { z } from 'zod';
import type { Errors } from './message.js';

/** The declaration of a kind of policy, without its evaluation. */
export interface PolicyContract<Config extends z.ZodObject = z.ZodObject> {
  /** Permanent name, stored in flow versions. */
  readonly kind: string;
  /** Blueprint model, lower case. */
  readonly model: string;
  readonly config: Config;
  /** Returns the errors of a config whose single fields are valid. */
  readonly validate?: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Returns whether the policy fails in every flow with this config. */
  readonly alwaysFails?: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Config field with Python source, which is checked for syntax and for calls of other policies when a blueprint is
   * applied.
   */
  readonly pythonField?: string;
}

/** Returns the contract unchanged, with the type of its config inferred. */
export const definePolicy = <Config extends z.ZodObject>(contract: PolicyContract<Config>): PolicyContract<Config> =>
  contract;
