import type { EvaluationResult } from '@gatehouse/expressions';
import { Inject, Injectable } from '@nestjs/common';
import { type Policy, type PolicyInput, type PolicyOutcome, UndecidedPolicyError } from '../policy.js';
import { callableSources } from './callable-sources.js';
import type { expressionContract } from './expression.contract.js';
import { ExpressionCallbacks, ExpressionDataSources } from './expression-callbacks.js';
import { expressionEvents } from './expression-events.js';
import { ExpressionInputs } from './expression-inputs.js';
import { PythonRunner } from './python-runner.js';

type ExpressionInput = PolicyInput<typeof expressionContract>;

/** Runs a policy's Python. What it changes of the plan counts only when it comes to its end. */
@Injectable()
export class ExpressionPolicy implements Policy<typeof expressionContract> {
  constructor(
    @Inject(PythonRunner) private readonly python: PythonRunner,
    @Inject(ExpressionInputs) private readonly givens: ExpressionInputs,
    @Inject(ExpressionDataSources) private readonly sources: ExpressionDataSources,
  ) {}

  async evaluate(question: ExpressionInput): Promise<PolicyOutcome> {
    const { facts } = question;
    const outcome = await this.outcomeOf(question);
    facts.tell(expressionEvents(outcome, question, this.python.limits));
    if (outcome.error !== undefined) throw new UndecidedPolicyError(withLine(outcome), { messages: outcome.messages });
    facts.give(outcome.call_kwargs);
    facts.change({ ...outcome.context, insert: insertOf(outcome) });
    return { pass: outcome.truth, messages: outcome.messages, value: outcome.result };
  }

  private async outcomeOf(question: ExpressionInput): Promise<EvaluationResult> {
    const { expression: source } = question.config;
    const calls = callableSources(question);
    const given = await this.givens.of(question, [source, ...Object.values(calls)]);
    const answers = new ExpressionCallbacks(this.sources, question);
    const outcome = await this.python.run(
      {
        source,
        input: given,
        calls,
        callDepth: this.python.limits.callDepth,
        timeoutMs: Math.floor(question.timeLeftMs()),
      },
      (name, args) => answers.to(name, args),
    );
    if (answers.failure) throw answers.failure.cause;
    return outcome;
  }
}

const withLine = ({ error = '', line }: EvaluationResult) => (line === undefined ? error : `${error} (line ${line})`);

/** Where the expression leads, as a step. */
const insertOf = ({ redirect: to }: EvaluationResult) =>
  to === undefined ? undefined : { where: 'next' as const, steps: [{ kind: 'redirect', config: { to } }] };
