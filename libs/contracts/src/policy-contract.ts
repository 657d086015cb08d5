import type { z } from 'zod';
import type { ApiVersion } from './api-version.js';
import type { Errors } from './message.js';

/** The declaration of a policy kind, without the code that evaluates it. */
export interface PolicyContract<Config extends z.ZodObject = z.ZodObject> {
  /** Permanent name, stored in flow versions. */
  readonly kind: string;
  /** Blueprint model, lower case. */
  readonly model: string;
  readonly config: Config;
  /** The first API line that has the model. Absent if all lines have it. */
  readonly api_version?: ApiVersion;
  /** Checks fields of a config together, after `config` has checked each field. Returns the errors. */
  readonly validate?: (config: Readonly<Record<string, unknown>>) => Errors;
  /**
   * Returns whether a policy with this config can never pass, in any flow. The blueprint linter reports such a policy.
   */
  readonly alwaysFails?: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Returns whether a policy with this config may set facts of the plan or insert steps. Absent: never. A simulation
   * cannot predict the effect of such a policy on the plan, and reports this.
   */
  readonly mayChangePlan?: (config: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Config field that holds a Python expression. When a blueprint is applied, the expression's syntax is checked, and
   * the policies that it calls are recorded.
   */
  readonly pythonField?: string;
}

/** Returns the contract unchanged, with the type of its config inferred. */
export const definePolicy = <Config extends z.ZodObject>(contract: PolicyContract<Config>): PolicyContract<Config> =>
  contract;
