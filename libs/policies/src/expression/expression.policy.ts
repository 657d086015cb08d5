import { People } from '@gatehouse/directory';
import type { Outcome } from '@gatehouse/expressions';
import { Inject, Injectable } from '@nestjs/common';
import { type Opinion, type Policy, type Question, Undecidable } from '../policy.js';
import type { expressionContract } from './expression.contract.js';
import { ExpressionAnswers } from './expression-answers.js';
import { Givens } from './givens.js';
import { Python } from './python.js';

type Asked = Question<typeof expressionContract>;

/** Runs a policy's Python. What it changes of the plan counts only when it comes to its end. */
@Injectable()
export class ExpressionPolicy implements Policy<typeof expressionContract> {
  constructor(
    @Inject(Python) private readonly python: Python,
    @Inject(People) private readonly people: People,
    @Inject(Givens) private readonly givens: Givens,
  ) {}

  async evaluate(question: Asked): Promise<Opinion> {
    const { config, facts, timeLeftMs, called } = question;
    const given = await this.givens.of(question, config.expression);
    const answers = new ExpressionAnswers(this.people, question);
    const evaluation = { source: config.expression, given, timeoutMs: Math.floor(timeLeftMs()), called };
    const outcome = await this.python.run(evaluation, (name, args) => answers.to(name, args));
    if (answers.failure) throw answers.failure.cause;
    if (outcome.error !== undefined) throw new Undecidable(placed(outcome), { messages: outcome.messages });
    facts.change({ ...outcome.context, insert: insertOf(outcome) });
    return { pass: outcome.truth, messages: outcome.messages, value: outcome.result };
  }
}

const placed = ({ error = '', line }: Outcome) => (line === undefined ? error : `${error} (line ${line})`);

/** Where the expression leads, as a step. */
const insertOf = ({ redirect: to }: Outcome) =>
  to === undefined ? undefined : { where: 'next' as const, steps: [{ kind: 'redirect', config: { to } }] };
