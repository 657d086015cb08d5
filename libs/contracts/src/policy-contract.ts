import type { z } from 'zod';
import type { Errors } from './message.js';

/** A kind of policy, as far as anybody but its evaluation cares. */
export interface PolicyContract {
  /** Never changed: flow versions name it. */
  readonly kind: string;
  /** The blueprint model, lower case. */
  readonly model: string;
  readonly config: z.ZodObject;
  /** What is wrong with a config whose fields are right one by one. */
  readonly admit?: (config: Readonly<Record<string, unknown>>) => Errors;
}
