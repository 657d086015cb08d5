import type { PolicyContract, PolicyReply, PolicyRequest, PolicyResult } from '@gatehouse/contracts';
import { BusyError, histogram, isDatabaseUnavailable } from '@gatehouse/platform';
import { EvaluationContext } from './evaluation-context.js';
import { type Policy, type PolicyInput, UndecidedPolicyError } from './policy.js';
import { redactPromptValues } from './redact-prompt-values.js';

/** A kind of policy that can be evaluated here. */
export interface RegisteredPolicy {
  readonly contract: PolicyContract;
  readonly policy: Policy;
}

type RequestedPolicy = Omit<PolicyRequest['policies'][number], 'timeout_ms'>;
type Bag = Readonly<Record<string, unknown>>;
type Report = (message: string, error: unknown, facts: Readonly<Record<string, unknown>>) => void;

/** Milliseconds that a reply may be on its way, so that a policy without end has failed before its asker gives up. */
const REPLY_TRAVEL_MS = 50;

const evaluations = histogram('gatehouse_policy_evaluation_seconds', 'Policies evaluated here', ['kind', 'outcome']);

/** Evaluates the policies of one question, one after the other, as each is allowed to change what the next one sees. */
export class Evaluator {
  constructor(
    private readonly kinds: ReadonlyMap<string, RegisteredPolicy>,
    private readonly report: Report = () => undefined,
  ) {}

  /** A result for each policy. Throws Busy, or what says that the database is away: then nothing is decided. */
  async evaluate(request: PolicyRequest): Promise<PolicyReply> {
    const until = performance.now() + request.timeout_ms - REPLY_TRAVEL_MS;
    const facts = new EvaluationContext(request);
    const results: PolicyReply['results'] = {};
    for (const asked of request.policies) {
      const began = performance.now();
      const allowedMs = Math.min(until - began, asked.timeout_ms);
      const result = await this.resultOf({ asked, request, facts, allowedMs, deadline: began + allowedMs });
      evaluations.observe({ kind: asked.kind, outcome: outcomeOf(result) }, (performance.now() - began) / 1000);
      results[asked.id] = result;
    }
    return { results, ...facts.changes };
  }

  private async resultOf(turn: PolicyEvaluation): Promise<PolicyResult> {
    const { name, kind } = turn.asked;
    try {
      const { pass, messages = [], value } = await this.opinion(turn);
      return { pass, messages: nonEmptyMessages(messages), ...(turn.asked.value && { value }) };
    } catch (error) {
      const said = redactPromptValues(
        error instanceof Error ? error.message : String(error),
        turn.facts.context['prompt_data'],
      );
      // That a server outside is away, which may be its cause, is no reason to wait for the database.
      if (error instanceof UndecidedPolicyError)
        return { pass: false, messages: nonEmptyMessages(error.messages), error: said };
      if (error instanceof BusyError || isDatabaseUnavailable(error)) throw error;
      this.report('a policy failed', error, { policy: name, kind });
      return { pass: false, messages: [], error: said };
    }
  }

  private async opinion(turn: PolicyEvaluation) {
    const { asked, request, facts, deadline } = turn;
    const known = this.kinds.get(asked.kind);
    if (!known) throw new UndecidedPolicyError(`policies of the kind ${asked.kind} are not known here`);
    const config = known.contract.config.safeParse(asked.config);
    if (!config.success) throw new UndecidedPolicyError(`the config of ${asked.name} is not understood`);
    const timeLeftMs = () => deadline - performance.now();
    const call = (name: string, more: Bag) => this.call(turn, name, more);
    const { name, calls = [] } = asked;
    const stop = new LazyAbortSignal();
    const question: PolicyInput = {
      ...{ name, calls, config: config.data, request, facts, timeLeftMs, call },
      get signal() {
        return stop.signal;
      },
    };
    return withDeadline(turn, () => known.policy.evaluate(question)).finally(() => stop.now());
  }

  /** One that could not decide does not pass. */
  private async call(turn: PolicyEvaluation, name: string, more: Bag): Promise<PolicyResult> {
    const asked = turn.request.callable?.find((policy) => policy.name === name);
    if (!asked) throw new UndecidedPolicyError(`Policy '${name}' not found.`);
    turn.facts.give(more);
    return this.resultOf({ ...turn, asked });
  }
}

/** A message without a word says nothing: the visitor reads what is said where there is none. */
const nonEmptyMessages = (messages: readonly string[]): string[] => messages.filter((text) => text.trim() !== '');

interface PolicyEvaluation {
  readonly asked: RequestedPolicy;
  readonly request: PolicyRequest;
  readonly facts: EvaluationContext;
  /** Milliseconds from its beginning to its deadline. */
  readonly allowedMs: number;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

/** Tells a policy to stop, if it wants to be told: few do, and a signal costs as much as a small expression. */
class LazyAbortSignal {
  private control: AbortController | undefined;
  private isOver = false;

  get signal(): AbortSignal {
    this.control ??= new AbortController();
    if (this.isOver) this.control.abort();
    return this.control.signal;
  }

  now(): void {
    this.isOver = true;
    this.control?.abort();
  }
}

/** What `work` comes to, if it does in time; what it says afterwards is not heard. */
async function withDeadline<T>({ allowedMs, deadline }: PolicyEvaluation, work: () => T | Promise<T>): Promise<T> {
  const leftMs = deadline - performance.now();
  if (leftMs < 1) throw new UndecidedPolicyError('there was no time left');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UndecidedPolicyError(`took longer than ${Math.round(allowedMs)} ms`)),
      Math.ceil(leftMs),
    );
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const outcomeOf = ({ error, pass }: PolicyResult) => (error !== undefined ? 'error' : pass ? 'pass' : 'fail');
