/**
 * Handles a request that an expression sends to the host, such as the lookup of a user. `name` is the kind of request.
 * Arguments and result are JSON. A rejection makes the policy fail.
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

/** An event that an expression created with `ak_create_event`. */
export interface EmittedEvent {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** The result of an evaluation. */
export interface EvaluationResult {
  /** The returned value, or its truth value when it is not JSON. */
  readonly result: unknown;
  readonly truth: boolean;
  readonly messages: string[];
  readonly context: { readonly set: Record<string, unknown>; readonly unset: string[] };
  readonly events: readonly EmittedEvent[];
  /** Errors of the policies that the expression called. */
  readonly failures: readonly { readonly policy: string; readonly error: string }[];
  /**
   * Keyword arguments of the expression's calls of other policies. Policies that are evaluated later see them in their
   * context.
   */
  readonly call_kwargs: Readonly<Record<string, unknown>>;
  /** The URL that the expression redirects the browser to. */
  readonly redirect?: string;
  /** The reason why the policy could not decide, for the log. */
  readonly error?: string;
  /** The line of the source where the error was raised. */
  readonly line?: number;
}

/** A syntax error in a source. Lines and columns are counted from 1. */
export interface PythonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Returns an evaluation result with empty defaults for all other fields. */
export const evaluationResult = (fields: Partial<EvaluationResult>): EvaluationResult => ({
  result: null,
  truth: false,
  messages: [],
  context: { set: {}, unset: [] },
  events: [],
  failures: [],
  call_kwargs: {},
  ...fields,
});

/** Encodes an evaluation as three lines: the cache key of the compiled source, the input, and the plan's context. */
export function encodeEvaluation({ source, input, calls, callDepth: call_depth }: Evaluation): string {
  const { flow_plan, ...rest } = input;
  const hasHttp = (input.request?.http_request ?? null) !== null;
  const key = JSON.stringify({ source, http: hasHttp, names: Object.keys(input.names ?? {}).sort(), calls });
  const plan = flow_plan ? JSON.stringify(flow_plan.context) : '';
  const payload = { ...rest, call_depth, ...(flow_plan && { flow_plan: { ...flow_plan, context: undefined } }) };
  return `${key}\n${JSON.stringify(payload)}\n${plan}\n`;
}
