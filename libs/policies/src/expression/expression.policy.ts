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

/** Evaluates a Python expression. If the expression fails, its changes to the plan are discarded. */
@Injectable()
export class ExpressionPolicy implements Policy<typeof expressionContract> {
  constructor(
    @Inject(PythonRunner) private readonly python: PythonRunner,
    @Inject(ExpressionInputs) private readonly inputs: ExpressionInputs,
    @Inject(ExpressionDataSources) private readonly sources: ExpressionDataSources,
  ) {}

  async evaluate(input: ExpressionInput): Promise<PolicyOutcome> {
    const { facts } = input;
    const outcome = await this.run(input);
    facts.addEvents(expressionEvents(outcome, input, this.python.limits));
    if (outcome.error !== undefined) throw new UndecidedPolicyError(withLine(outcome), { messages: outcome.messages });
    facts.addVariables(outcome.call_kwargs);
    facts.change({ ...outcome.context, insert: insertOf(outcome) });
    return { pass: outcome.truth, messages: outcome.messages, value: outcome.result };
  }

  private async run(input: ExpressionInput): Promise<EvaluationResult> {
    const { expression: source } = input.config;
    const calls = callableSources(input);
    const expressionInput = await this.inputs.build(input, [source, ...Object.values(calls)]);
    const callbacks = new ExpressionCallbacks(this.sources, input);
    const outcome = await this.python.run(
      {
        source,
        input: expressionInput,
        calls,
        callDepth: this.python.limits.callDepth,
        timeoutMs: Math.floor(input.timeLeftMs()),
      },
      (name, args) => callbacks.handle(name, args),
    );
    if (callbacks.failure) throw callbacks.failure.cause;
    return outcome;
  }
}

const withLine = ({ error = '', line }: EvaluationResult) => (line === undefined ? error : `${error} (line ${line})`);

/** Returns the redirect step to insert; undefined if the expression has not redirected the visitor. */
const insertOf = ({ redirect: to }: EvaluationResult) =>
  to === undefined ? undefined : { where: 'next' as const, steps: [{ kind: 'redirect', config: { to } }] };
