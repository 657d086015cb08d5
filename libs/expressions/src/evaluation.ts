/** What an expression may ask of the house while it runs. JSON in, JSON out; what is thrown ends the policy. */
export type HostCallbacks = (name: string, args: unknown) => Promise<unknown>;

/** What an expression looks at. All of it is JSON. */
export interface ExpressionInput {
  readonly request?: {
    /** As in the plan's context, and `attributes` and `password_usable` where they are known; null is a stranger. */
    readonly user?: object | null;
    readonly obj?: unknown;
    readonly http_request?: object;
    readonly context?: object;
    readonly debug?: boolean;
  };
  /** What `context` holds beside the plan's context, and over it. */
  readonly context?: object;
  /** The plan that is running; changes of its context are told in the outcome. */
  readonly flow_plan?: { readonly slug: string; readonly context: object };
  readonly client_ip?: string;
  /** More names for the expression, such as `user` and `prompt_context`. */
  readonly names?: Readonly<Record<string, unknown>>;
}

/** A source, the body of a Python function, to be run once. */
export interface Evaluation {
  readonly source: string;
  readonly given: ExpressionInput;
  readonly timeoutMs: number;
  /** Sources that it may call, and that these may call, by the names of their policies. */
  readonly calls?: Readonly<Record<string, string>>;
  /** How deep they may call each other. */
  readonly callDepth?: number;
}

/** Something that an expression wants to have happened. */
export interface EmittedEvent {
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What came of an evaluation. */
export interface EvaluationResult {
  /** What was returned, or its truth where that is not JSON. */
  readonly result: unknown;
  readonly truth: boolean;
  readonly messages: string[];
  readonly context: { readonly set: Record<string, unknown>; readonly unset: string[] };
  readonly events: readonly EmittedEvent[];
  /** What went wrong in sources that it called. */
  readonly failures: readonly { readonly policy: string; readonly error: string }[];
  /** What those were given besides, for whoever is evaluated next to see too. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Where the expression wants the browser to go. */
  readonly redirect?: string;
  /** Why the policy could not decide, for a log. */
  readonly error?: string;
  /** In which line of the source that happened. */
  readonly line?: number;
}

/** Where a source is not Python; lines and columns count from one. */
export interface PythonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** An outcome of which only this is known. */
export const outcome = (known: Partial<EvaluationResult>): EvaluationResult => ({
  result: null,
  truth: false,
  messages: [],
  context: { set: {}, unset: [] },
  events: [],
  failures: [],
  given: {},
  ...known,
});

/** The lines in which an evaluation crosses to Python: what it was compiled for, what it is given, and the plan. */
export function encodeEvaluation({ source, given, calls, callDepth: call_depth }: Evaluation): string {
  const { flow_plan, ...rest } = given;
  const http = (given.request?.http_request ?? null) !== null;
  const key = JSON.stringify({ source, http, names: Object.keys(given.names ?? {}).sort(), calls });
  const plan = flow_plan ? JSON.stringify(flow_plan.context) : '';
  const seen = { ...rest, call_depth, ...(flow_plan && { flow_plan: { ...flow_plan, context: undefined } }) };
  return `${key}\n${JSON.stringify(seen)}\n${plan}\n`;
}
