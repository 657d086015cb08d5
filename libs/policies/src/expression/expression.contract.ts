import { char, definePolicy } from '@gatehouse/contracts';
import { z } from 'zod';

/** Comments, which may say anything. */
const COMMENT = /^\s*#.*$/gm;
const RETURN_STATEMENT = /\breturn\b(.*)$/gm;
const FALSY_LITERAL = /^\s*(False|None|0|''|""|\[\]|\{\}|)\s*(#.*)?$/;

/** Whether a source answers nothing but no. One that has functions of its own may answer anything. */
function alwaysReturnsFalsy(source: string): boolean {
  const code = source.replace(COMMENT, '');
  if (/\b(def|lambda)\b|'''|"""/.test(code)) return false;
  return [...code.matchAll(RETURN_STATEMENT)].every(([, answer = '']) => FALSY_LITERAL.test(answer));
}

/** The body of a Python function that says yes or no (docs/spec/policies.md#kinds). */
export const expressionContract = definePolicy({
  kind: 'expression',
  model: 'authentik_policies_expression.expressionpolicy',
  config: z.object({ expression: char({ trim: false }) }),
  pythonField: 'expression',
  alwaysFails: ({ expression }) => alwaysReturnsFalsy(String(expression)),
});
