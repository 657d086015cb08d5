import type { Outcome } from '@gatehouse/expressions';
import { Inject, Injectable } from '@nestjs/common';
import { type Opinion, type Policy, type Question, Undecidable } from '../policy.js';
import { calledSources } from './called-sources.js';
import type { expressionContract } from './expression.contract.js';
import { ExpressionAnswers, Sources } from './expression-answers.js';
import { Givens } from './givens.js';
import { happeningsOf } from './happenings.js';
import { Python } from './python.js';

type Asked = Question<typeof expressionContract>;

/** Runs a policy's Python. What it changes of the plan counts only when it comes to its end. */
@Injectable()
export class ExpressionPolicy implements Policy<typeof expressionContract> {
  constructor(
    @Inject(Python) private readonly python: Python,
    @Inject(Givens) private readonly givens: Givens,
    @Inject(Sources) private readonly sources: Sources,
  ) {}

  async evaluate(question: Asked): Promise<Opinion> {
    const { facts } = question;
    const outcome = await this.outcomeOf(question);
    facts.tell(happeningsOf(outcome, question, this.python.limits));
    if (outcome.error !== undefined) throw new Undecidable(placed(outcome), { messages: outcome.messages });
    facts.give(outcome.given);
    facts.change({ ...outcome.context, insert: insertOf(outcome) });
    return { pass: outcome.truth, messages: outcome.messages, value: outcome.result };
  }

  private async outcomeOf(question: Asked): Promise<Outcome> {
    const { expression: source } = question.config;
    const calls = calledSources(question);
    const given = await this.givens.of(question, [source, ...Object.values(calls)]);
    const answers = new ExpressionAnswers(this.sources, question);
    const outcome = await this.python.run(
      { source, given, calls, callDepth: this.python.limits.callDepth, timeoutMs: Math.floor(question.timeLeftMs()) },
      (name, args) => answers.to(name, args),
    );
    if (answers.failure) throw answers.failure.cause;
    return outcome;
  }
}

const placed = ({ error = '', line }: Outcome) => (line === undefined ? error : `${error} (line ${line})`);

/** Where the expression leads, as a step. */
const insertOf = ({ redirect: to }: Outcome) =>
  to === undefined ? undefined : { where: 'next' as const, steps: [{ kind: 'redirect', config: { to } }] };
