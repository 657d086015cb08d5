import { char, definePolicy } from '@gatehouse/contracts';
import { z } from 'zod';

/** The body of a Python function that says yes or no (01-executor §7.6). */
export const expressionContract = definePolicy({
  kind: 'expression',
  model: 'authentik_policies_expression.expressionpolicy',
  config: z.object({ expression: char({ trim: false }) }),
  source: 'expression',
});
