import { char, definePolicy } from '@gatehouse/contracts';
import { z } from 'zod';
import { mayChangePlan } from './plan-changes.js';

const COMMENT = /^\s*#.*$/gm;
const RETURN_STATEMENT = /\breturn\b(.*)$/gm;
const FALSY_LITERAL = /^\s*(False|None|0|''|""|\[\]|\{\}|)\s*(#.*)?$/;

/**
 * Returns whether every return statement of an expression returns a falsy literal, so that the expression never passes.
 * Returns false for a source with functions or multi-line strings, which is not analysed.
 */
function alwaysReturnsFalsy(source: string): boolean {
  const code = source.replace(COMMENT, '');
  if (/\b(def|lambda)\b|'''|"""/.test(code)) return false;
  return [...code.matchAll(RETURN_STATEMENT)].every(([, value = '']) => FALSY_LITERAL.test(value));
}

/** A policy whose config is the body of a Python function (docs/spec/policies.md#kinds). */
export const expressionContract = definePolicy({
  kind: 'expression',
  model: 'authentik_policies_expression.expressionpolicy',
  config: z.object({ expression: char({ trim: false }).describe('Python whose returned value is the result.') }),
  pythonField: 'expression',
  mayChangePlan: ({ expression }) => mayChangePlan(String(expression)),
  alwaysFails: ({ expression }) => alwaysReturnsFalsy(String(expression)),
});
