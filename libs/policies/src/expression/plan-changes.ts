const COMMENT = /^\s*#.*$/gm;
/** Ways to reach the plan of the request without its name. */
const REFLECTION = /\b(?:globals|locals|vars|eval|exec)\b/;
/** Assignments to members and attributes, and calls of methods that change a collection. */
const MUTATION =
  /[\])]\s*(?:[-+*/|&^%@]|\/\/|\*\*|<<|>>)?=(?!=)|\.\w+\s*(?:[-+*/|&^%@]|\/\/|\*\*|<<|>>)?=(?!=)|\b(?:del|setattr)\b|\.(?:update|pop|popitem|setdefault|clear|append|extend|insert|remove|sort|reverse|add|discard|__\w+__)\s*\(/;

/**
 * Returns whether an expression may change the plan. Errs on that side: an expression that only reads facts may change
 * nothing, one that also changes a list of its own may seem to.
 */
export function mayChangePlan(source: string): boolean {
  const code = source.replace(COMMENT, '');
  if (code.includes('flow_plan') || REFLECTION.test(code)) return true;
  return /\bcontext\b/.test(code) && MUTATION.test(code);
}
