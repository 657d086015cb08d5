import type { Fact, Oracle, Question } from './question.js';
import type { WalkBudget } from './walk-budget.js';

/** Returns the answer that the current branch assumes for a question. */
export type Ask = (question: Question) => string;

/** The facts that one branch has assumed, and the result of `work` in that branch. */
export interface Branch<T> {
  readonly facts: readonly Fact[];
  readonly result: T;
}

/** Options that all branches of one move have in common. */
export interface BranchOptions {
  readonly oracle: Oracle;
  /** The questions that the path has met before this move, with the answers that it assumes. */
  readonly history: readonly Fact[];
  readonly budget: WalkBudget;
}

/**
 * Runs `work` once for each combination of answers that the oracle allows, until the budget is used up. `work` must be
 * a pure function of the answers. Yields after each branch.
 */
export function* branches<T>(
  work: (ask: Ask) => T,
  { oracle, history, budget }: BranchOptions,
): Generator<undefined, Branch<T>[]> {
  const found: Branch<T>[] = [];
  const pending: (readonly string[])[] = [[]];
  for (let prefix = pending.pop(); prefix; prefix = pending.pop()) {
    if (!budget.admitsBranch()) break;
    const facts: Fact[] = [];
    const given = prefix;
    const ask: Ask = (question) => {
      const answers = facts.map(({ answer }) => answer);
      const known = given[facts.length];
      const [first, ...others] = known === undefined ? chosen(oracle, question, [...history, ...facts]) : [known];
      // `pending` is a stack: the branch that is pushed last runs first, so push the other answers in reverse order.
      for (const other of others.reverse()) pending.push([...answers, other]);
      facts.push({ question, answer: first! });
      return first!;
    };
    found.push({ result: work(ask), facts });
    budget.countBranch(facts);
    yield;
  }
  return found;
}

function chosen(oracle: Oracle, question: Question, history: readonly Fact[]): readonly string[] {
  const answers = oracle.choose(question, history);
  const unknown = answers.find((answer) => !question.answers.includes(answer));
  if (answers.length === 0 || unknown !== undefined)
    throw new Error(`an oracle must choose from ${question.answers.join(', ')}, not ${unknown ?? 'nothing'}`);
  return answers;
}
