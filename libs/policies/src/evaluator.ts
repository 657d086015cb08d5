import {
  type PolicyContract,
  type PolicyReply,
  type PolicyRequest,
  type PolicyResult,
  traceAttributes,
} from '@gatehouse/contracts';
import {
  BusyError,
  errorDetails,
  histogram,
  isDatabaseUnavailable,
  OTHER,
  requestFields,
  type SpanStart,
  withSpan,
} from '@gatehouse/platform';
import { EvaluationContext } from './evaluation-context.js';
import { type Policy, type PolicyInput, UndecidedPolicyError } from './policy.js';
import { promptTextsOf, redactTexts } from './redact-prompt-values.js';

/** A kind of policy: its contract and its implementation. */
export interface RegisteredPolicy {
  readonly contract: PolicyContract;
  readonly policy: Policy;
}

type RequestedPolicy = Omit<PolicyRequest['policies'][number], 'timeout_ms'>;
type Bag = Readonly<Record<string, unknown>>;
type Report = (failure: FailedPolicy) => void;

/** An unexpected error of a policy, for the log. */
interface FailedPolicy {
  readonly plan: string | undefined;
  readonly request: string | undefined;
  readonly policy: string;
  readonly kind: string;
  readonly error: unknown;
}

/**
 * Milliseconds that are reserved for the reply: a policy that never ends must fail before the gateway stops waiting.
 */
const REPLY_TRAVEL_MS = 50;

const evaluations = histogram({
  name: 'gatehouse_policy_evaluation_seconds',
  question: 'slow',
  help: 'Durations of the evaluation of single policies',
  labels: { kind: 'the kind of the policy', outcome: ['pass', 'fail', 'error'] },
});

/** Evaluates the policies of a request one after another, because each may change what the next one sees. */
export class Evaluator {
  constructor(
    private readonly kinds: ReadonlyMap<string, RegisteredPolicy>,
    private readonly report: Report = () => undefined,
  ) {}

  /** Returns a result for each policy. Throws BusyError, or the error of the database if Postgres is unavailable. */
  async evaluate(request: PolicyRequest): Promise<PolicyReply> {
    const until = performance.now() + request.timeout_ms - REPLY_TRAVEL_MS;
    const facts = new EvaluationContext(request);
    const results: PolicyReply['results'] = {};
    for (const policy of request.policies) {
      const startedAt = performance.now();
      const allowedMs = Math.min(until - startedAt, policy.timeout_ms);
      const evaluation = { policy, request, facts, allowedMs, deadline: startedAt + allowedMs };
      const result = await withSpan(
        () => policySpan(policy),
        async (span) => {
          const found = await this.resultOf(evaluation);
          span?.setAttribute(traceAttributes.outcome, outcomeOf(found));
          return found;
        },
      );
      const kind = this.kinds.has(policy.kind) ? policy.kind : OTHER;
      evaluations.observe({ kind, outcome: outcomeOf(result) }, (performance.now() - startedAt) / 1000);
      results[policy.id] = result;
    }
    return { results, ...facts.changes };
  }

  private async resultOf(evaluation: PolicyEvaluation): Promise<PolicyResult> {
    const { name, kind, value: wantsValue } = evaluation.policy;
    try {
      const { pass, messages = [], value } = await this.evaluatePolicy(evaluation);
      return { pass, messages: nonEmptyMessages(messages), ...(wantsValue && { value }) };
    } catch (error) {
      const promptTexts = promptTextsOf(evaluation.facts.context['prompt_data']);
      const message = redactTexts(error instanceof Error ? error.message : String(error), promptTexts);
      // UndecidedPolicyError must be checked first: its cause may be a network error of another server, which looks
      // like an unavailable database.
      if (error instanceof UndecidedPolicyError)
        return { pass: false, messages: nonEmptyMessages(error.messages), error: message };
      if (error instanceof BusyError || isDatabaseUnavailable(error)) throw error;
      this.report({
        ...requestFields(evaluation.request),
        policy: name,
        kind,
        error: errorDetails(error, promptTexts),
      });
      return { pass: false, messages: [], error: message };
    }
  }

  private async evaluatePolicy(evaluation: PolicyEvaluation) {
    const { policy, request, facts, deadline } = evaluation;
    const registered = this.kinds.get(policy.kind);
    if (!registered) throw new UndecidedPolicyError(`the policy kind ${policy.kind} is unknown`);
    const config = registered.contract.config.safeParse(policy.config);
    if (!config.success) throw new UndecidedPolicyError(`the config of ${policy.name} is invalid`);
    const timeLeftMs = () => deadline - performance.now();
    const call = (name: string, variables: Bag) => this.call(evaluation, name, variables);
    const { name, calls = [] } = policy;
    const abort = new LazyAbortSignal();
    const input: PolicyInput = {
      ...{ name, calls, config: config.data, request, facts, timeLeftMs, call },
      get signal() {
        return abort.signal;
      },
    };
    return withDeadline(evaluation, () => registered.policy.evaluate(input)).finally(() => abort.abort());
  }

  /**
   * Evaluates another policy by name. If that policy throws or takes too long, the result does not pass, and contains
   * the error.
   */
  private async call(evaluation: PolicyEvaluation, name: string, variables: Bag): Promise<PolicyResult> {
    const policy = evaluation.request.callable?.find((callable) => callable.name === name);
    if (!policy) throw new UndecidedPolicyError(`Policy '${name}' not found.`);
    evaluation.facts.addVariables(variables);
    return this.resultOf({ ...evaluation, policy });
  }
}

/** Removes blank messages. If none is left, the visitor sees a default message. */
const nonEmptyMessages = (messages: readonly string[]): string[] => messages.filter((text) => text.trim() !== '');

interface PolicyEvaluation {
  readonly policy: RequestedPolicy;
  readonly request: PolicyRequest;
  readonly facts: EvaluationContext;
  /** Milliseconds from the start of the evaluation to the deadline. */
  readonly allowedMs: number;
  /** Time of the deadline, on the clock of `performance.now()`. */
  readonly deadline: number;
}

/**
 * An abort signal whose AbortController is created when `signal` is read first. Few policies read it, and creating a
 * controller takes as long as evaluating a small expression.
 */
class LazyAbortSignal {
  private controller: AbortController | undefined;
  private isAborted = false;

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.isAborted) this.controller.abort();
    return this.controller.signal;
  }

  abort(): void {
    this.isAborted = true;
    this.controller?.abort();
  }
}

/**
 * Returns the result of `work`. Throws UndecidedPolicyError if the deadline passes before, and then ignores the result.
 */
async function withDeadline<T>({ allowedMs, deadline }: PolicyEvaluation, work: () => T | Promise<T>): Promise<T> {
  const leftMs = deadline - performance.now();
  if (leftMs < 1) throw new UndecidedPolicyError('no time was left');
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UndecidedPolicyError(`took longer than ${Math.round(allowedMs)} ms`)),
      Math.ceil(leftMs),
    );
  });
  try {
    return await Promise.race([work(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

const policySpan = ({ kind, name }: RequestedPolicy): SpanStart => ({
  name: `evaluate ${kind}`,
  attributes: { [traceAttributes.policyKind]: kind, [traceAttributes.policyName]: name },
});

const outcomeOf = ({ error, pass }: PolicyResult) => (error !== undefined ? 'error' : pass ? 'pass' : 'fail');
