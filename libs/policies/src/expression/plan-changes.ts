const COMMENT = /^\s*#.*$/gm;
/** Matches functions that give access to the plan although its name does not occur in the source. */
const REFLECTION = /\b(?:globals|locals|vars|eval|exec)\b/;
/** Matches statements that change an object in place: augmented assignments and deletions. */
const IN_PLACE = /(?:[-+*/|&^%@]|<<|>>)=|\b(?:del|setattr)\b/;
/**
 * Matches assignments to members or attributes of an object, including loop variables, annotated targets and multiple
 * targets.
 */
const ASSIGNED_MEMBER =
  /(?:[\])]|\.\w+)\s*=(?!=)|\bfor\s+\w+\s*[[.]|^[^\n=()]{0,200}(?:\]|\.\w)[^\n=()!<>]{0,200}=(?!=)/m;
/** Matches names of methods that change a collection. It does not require that a call follows. */
const CHANGING_METHOD =
  /\.(?:update|pop|popitem|setdefault|clear|append|extend|insert|remove|sort|reverse|add|discard|__\w+__)\b/;

/**
 * Returns whether an expression may change the plan. False means that it certainly does not. True may be wrong, for
 * example for an expression that only changes its own number or list.
 */
export function mayChangePlan(source: string): boolean {
  const code = source.replace(COMMENT, '');
  if (code.includes('flow_plan') || REFLECTION.test(code)) return true;
  return /\bcontext\b/.test(code) && [IN_PLACE, ASSIGNED_MEMBER, CHANGING_METHOD].some((change) => change.test(code));
}
