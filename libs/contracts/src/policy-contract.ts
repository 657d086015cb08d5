import type { z } from 'zod';
import type { Errors } from './message.js';

/** A kind of policy, as far as anybody but its evaluation cares. */
export interface PolicyContract<Config extends z.ZodObject = z.ZodObject> {
  /** Never changed: flow versions name it. */
  readonly kind: string;
  /** The blueprint model, lower case. */
  readonly model: string;
  readonly config: Config;
  /** What is wrong with a config whose fields are right one by one. */
  readonly validate?: (config: Readonly<Record<string, unknown>>) => Errors;
  /** Whether it says no in every flow, by its config. */
  readonly alwaysFails?: (config: Readonly<Record<string, unknown>>) => boolean;
  /** The field that holds Python: looked over when a blueprint is applied, and read for the policies that it names. */
  readonly pythonField?: string;
}

/** A contract as it is written, with the type of its config kept. */
export const definePolicy = <Config extends z.ZodObject>(contract: PolicyContract<Config>): PolicyContract<Config> =>
  contract;
