import { BlueprintError } from './blueprint-error.js';
import { isTruthy } from './json.js';
import { suggestion } from './suggestion.js';
import { list, scalar } from './tag-argument.js';
import { resolve, resolveList, type TaggedValue, type TagResolver } from './tagged-value.js';

type Mode = (truths: readonly boolean[]) => boolean;

const every: Mode = (truths) => truths.every(Boolean);
const some: Mode = (truths) => truths.some(Boolean);
const odd: Mode = (truths) => truths.filter(Boolean).length % 2 === 1;
const not =
  (mode: Mode): Mode =>
  (truths) =>
    !mode(truths);

const modes: Readonly<Record<string, Mode>> = {
  AND: every,
  NAND: not(every),
  OR: some,
  NOR: not(some),
  XOR: odd,
  XNOR: not(odd),
};

/** Parses `!Condition [MODE, value…]`, which combines the truth values of the arguments by MODE. */
export function condition(argument: TaggedValue): TagResolver {
  const [word, ...values] = list('!Condition', argument);
  const name = scalar('!Condition', word, 'mode').toUpperCase();
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  if (!mode)
    throw new BlueprintError(`!Condition has no mode ${name}.${suggestion(name, Object.keys(modes), 'Modes')}`);
  if (values.length === 0) throw new BlueprintError('At least one value is required after mode selection.');
  return async (scope) => mode((await resolveList(values, { ...scope, unfound: [] })).map(isTruthy));
}

/**
 * Parses `!If [condition, a, b]`, which resolves only a if the condition is true, else only b. `!If [condition]` is the
 * truth value of the condition.
 */
export function choose(argument: TaggedValue): TagResolver {
  const [test = null, yes = true, no = false, ...rest] = list('!If', argument);
  const { length } = list('!If', argument);
  if (rest.length > 0 || length === 0 || length === 2) throw new BlueprintError('!If takes a condition and two values');
  return async (scope) => {
    // A condition may ask whether a variable is set, or an object exists.
    const truth = await resolve(test, { ...scope, unsetVariables: [], unfound: [] });
    return resolve(isTruthy(truth) ? yes : no, scope);
  };
}
