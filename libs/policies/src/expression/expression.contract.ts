import { char, definePolicy } from '@gatehouse/contracts';
import { z } from 'zod';

/** Comments, which may say anything. */
const COMMENT = /^\s*#.*$/gm;
const ANSWER = /\breturn\b(.*)$/gm;
const NO = /^\s*(False|None|0|''|""|\[\]|\{\}|)\s*(#.*)?$/;

/** Whether a source answers nothing but no. One that has functions of its own may answer anything. */
function saysNo(source: string): boolean {
  const code = source.replace(COMMENT, '');
  if (/\b(def|lambda)\b|'''|"""/.test(code)) return false;
  return [...code.matchAll(ANSWER)].every(([, answer = '']) => NO.test(answer));
}

/** The body of a Python function that says yes or no (docs/spec/policies.md#kinds). */
export const expressionContract = definePolicy({
  kind: 'expression',
  model: 'authentik_policies_expression.expressionpolicy',
  config: z.object({ expression: char({ trim: false }) }),
  source: 'expression',
  isHopeless: ({ expression }) => saysNo(String(expression)),
});
