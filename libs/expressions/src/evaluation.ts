import { z } from 'zod';

/**
 * Handles a request that an expression sends to the host, such as the lookup of a user. `name` is the kind of request.
 * Arguments and result are JSON. A rejection raises PolicyException in the expression, which may catch it.
 */
export type HostCallbacks = (name: string, args: unknown) => Promise<unknown>;

/** The JSON input of an expression. */
export interface ExpressionInput {
  readonly request?: {
    /**
     * The user as in the plan's context. `attributes` and `password_usable` may be absent. Null for an anonymous
     * visitor.
     */
    readonly user?: object | null;
    readonly obj?: unknown;
    readonly http_request?: object;
    readonly context?: object;
    readonly debug?: boolean;
  };
  /** Entries of the variable `context`. They override entries of the plan's context with the same name. */
  readonly context?: object;
  /** The running plan. The result contains the changes to its context. */
  readonly flow_plan?: { readonly slug: string; readonly context: object };
  readonly client_ip?: string;
  /** Additional global names, such as `user` and `prompt_context`. */
  readonly names?: Readonly<Record<string, unknown>>;
}

/** One evaluation of Python source text, which is the body of a function. */
export interface Evaluation {
  readonly source: string;
  readonly input: ExpressionInput;
  readonly timeoutMs: number;
  /** Python sources of the policies that the expression may call, directly or indirectly, by policy name. */
  readonly calls?: Readonly<Record<string, string>>;
  /** Maximum depth of nested calls. */
  readonly callDepth?: number;
}

const bag = z.record(z.string(), z.unknown());

/** The JSON of a reply. It is validated, because an expression can write the reply in place of evaluation.py. */
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

/** The result of an evaluation. */
export interface EvaluationResult extends Readonly<z.output<typeof evaluationReply>> {
  /** The returned value, or its truth value when it is not JSON. */
  readonly result: unknown;
  /** Errors of the policies that the expression called. */
  readonly failures: { readonly policy: string; readonly error: string }[];
  /**
   * Keyword arguments of the expression's calls of other policies. Policies that are evaluated later see them in their
   * context.
   */
  readonly call_kwargs: Record<string, unknown>;
  /** The URL that the expression redirects the browser to. */
  readonly redirect?: string | undefined;
  /** The reason why the policy could not decide, for the log. */
  readonly error?: string | undefined;
  /** The line of the source where the error was raised. */
  readonly line?: number | undefined;
}

/** A syntax error in a source. Lines and columns are counted from 1. */
export interface PythonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Returns the result of an evaluation that failed before Python could reply. */
export const failedEvaluation = (error: string): EvaluationResult => evaluationReply.parse({ error });

/** Returns the result in the line of a reply. The result is an error if the line is malformed. */
export function decodeResult(line: string): EvaluationResult {
  try {
    return evaluationReply.parse(JSON.parse(line));
  } catch {
    return failedEvaluation('The result of the policy is malformed.');
  }
}

/** Encodes an evaluation as three lines: the cache key of the compiled source, the input, and the plan's context. */
export function encodeEvaluation({ source, input, calls, callDepth: call_depth }: Evaluation): string {
  const { flow_plan, ...rest } = input;
  const hasHttp = (input.request?.http_request ?? null) !== null;
  const key = JSON.stringify({ source, http: hasHttp, names: Object.keys(input.names ?? {}).sort(), calls });
  const plan = flow_plan ? JSON.stringify(flow_plan.context) : '';
  const payload = { ...rest, call_depth, ...(flow_plan && { flow_plan: { ...flow_plan, context: undefined } }) };
  return `${key}\n${JSON.stringify(payload)}\n${plan}\n`;
}
