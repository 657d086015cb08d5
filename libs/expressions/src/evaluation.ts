import { z } from 'zod';

/**
 * Answers a request that a running expression sends to this process, such as the lookup of a user. `name` is the kind
 * of request. Arguments and result are JSON. A rejection raises PolicyException in the expression, which may catch it.
 */
export type HostCallbacks = (name: string, args: unknown) => Promise<unknown>;

/** The input of an expression, as JSON. */
export interface ExpressionInput {
  readonly request?: {
    /**
     * The user, as in the plan's facts; null for an anonymous visitor. `attributes` and `password_usable` may be
     * missing.
     */
    readonly user?: object | null;
    readonly obj?: unknown;
    readonly http_request?: object;
    readonly context?: object;
    readonly debug?: boolean;
  };
  /** Additional entries of the Python variable `context`. They hide facts of the plan with the same name. */
  readonly context?: object;
  /** The running plan. The result of the evaluation contains the changes to its `context`. */
  readonly flow_plan?: { readonly slug: string; readonly flow_pk?: string; readonly context: object };
  readonly client_ip?: string;
  /** Further global variables that the expression can read, such as `prompt_context`. */
  readonly names?: Readonly<Record<string, unknown>>;
}

/** One evaluation of Python source. The source is the body of a function. */
export interface Evaluation {
  readonly source: string;
  readonly input: ExpressionInput;
  readonly timeoutMs: number;
  /** Python sources of the policies that the expression may call, directly or indirectly, by policy name. */
  readonly calls?: Readonly<Record<string, string>>;
  /** Largest depth of nested calls of other policies. */
  readonly callDepth?: number;
}

const bag = z.record(z.string(), z.unknown());

/**
 * Schema of a reply's JSON. It must be checked, because an expression may be able to write the reply instead of
 * evaluation.py.
 */
const evaluationReply = z.object({
  result: z.unknown().default(null),
  truth: z.boolean().default(false),
  messages: z.string().array().default([]),
  context: z.object({ set: bag, unset: z.string().array() }).default({ set: {}, unset: [] }),
  events: z.object({ action: z.string(), context: bag }).array().default([]),
  failures: z.object({ policy: z.string(), error: z.string() }).array().default([]),
  call_kwargs: bag.default({}),
  redirect: z.string().optional(),
  error: z.string().optional(),
  line: z.number().optional(),
});

/** The result of evaluating an expression, with everything that the expression has changed or requested. */
export interface EvaluationResult extends Readonly<z.output<typeof evaluationReply>> {
  /** The value that the expression returned. If the value is not JSON, this is whether it is truthy. */
  readonly result: unknown;
  /** Errors of other policies that the expression called. */
  readonly failures: { readonly policy: string; readonly error: string }[];
  /**
   * Keyword arguments with which the expression called other policies. Policies that are evaluated later see them as
   * variables.
   */
  readonly call_kwargs: Record<string, unknown>;
  /** URL to which the expression redirects the browser. */
  readonly redirect?: string | undefined;
  /** Why the policy is undecided, for the log. */
  readonly error?: string | undefined;
  /** Line of the source in which the error was raised. */
  readonly line?: number | undefined;
}

/** A syntax error in a source. Line and column are counted from 1. */
export interface PythonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Returns the result of an evaluation for which Python sent no reply. */
export const failedEvaluation = (error: string): EvaluationResult => evaluationReply.parse({ error });

/** Returns the result in a reply line. If the line is malformed, the result is an error. */
export function decodeResult(line: string): EvaluationResult {
  try {
    return evaluationReply.parse(JSON.parse(line));
  } catch {
    return failedEvaluation('The result of the policy is malformed.');
  }
}

/** Returns an evaluation as three lines: the cache key of the compiled source, the input, and the plan's facts. */
export function encodeEvaluation({ source, input, calls, callDepth: call_depth }: Evaluation): string {
  const { flow_plan, ...rest } = input;
  const hasHttp = (input.request?.http_request ?? null) !== null;
  const key = JSON.stringify({ source, http: hasHttp, names: Object.keys(input.names ?? {}).sort(), calls });
  const plan = flow_plan ? JSON.stringify(flow_plan.context) : '';
  const payload = { ...rest, call_depth, ...(flow_plan && { flow_plan: { ...flow_plan, context: undefined } }) };
  return `${key}\n${JSON.stringify(payload)}\n${plan}\n`;
}
