const COMMENT = /^\s*#.*$/gm;
/** Ways to reach the plan of the request without its name. */
const REFLECTION = /\b(?:globals|locals|vars|eval|exec)\b/;
/** Statements that change an object in place: augmented assignments and deletions. */
const IN_PLACE = /(?:[-+*/|&^%@]|<<|>>)=|\b(?:del|setattr)\b/;
/** Members and attributes as targets of assignments, also of a loop, with an annotation, or beside other targets. */
const ASSIGNED_MEMBER =
  /(?:[\])]|\.\w+)\s*=(?!=)|\bfor\s+\w+\s*[[.]|^[^\n=()]{0,200}(?:\]|\.\w)[^\n=()!<>]{0,200}=(?!=)/m;
/** Methods that change a collection, also without their call. */
const CHANGING_METHOD =
  /\.(?:update|pop|popitem|setdefault|clear|append|extend|insert|remove|sort|reverse|add|discard|__\w+__)\b/;

/**
 * Returns whether an expression may change the plan. Errs on that side: an expression that only reads facts may change
 * nothing, one that only changes a number or list of its own may seem to.
 */
export function mayChangePlan(source: string): boolean {
  const code = source.replace(COMMENT, '');
  if (code.includes('flow_plan') || REFLECTION.test(code)) return true;
  return /\bcontext\b/.test(code) && [IN_PLACE, ASSIGNED_MEMBER, CHANGING_METHOD].some((change) => change.test(code));
}
