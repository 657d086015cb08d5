import { interpolate, type Sentence } from './sentence.js';

/**
 * Format of a problem's body: a flow error challenge, or authentik's GenericError or ValidationError
 * (docs/spec/http.md#problems).
 */
export type ProblemBody = 'flow_error' | 'generic' | 'validation';

interface ProblemEntry {
  readonly status: number;
  readonly body: ProblemBody;
  readonly detail: string;
  readonly retry_after_s?: number;
}

/** All problems by code (docs/spec/http.md#problems). Errors of a response's fields are in the contracts of stages. */
export const problems = {
  malformed_http: { status: 400, body: 'generic', detail: 'This is no HTTP request.' },
  malformed_json: { status: 400, body: 'validation', detail: 'JSON parse error' },
  credentials_in_query: { status: 400, body: 'validation', detail: 'Credentials do not belong in the query.' },
  query_too_long: { status: 400, body: 'validation', detail: 'The query is too long.' },
  parameter_repeated: { status: 400, body: 'generic', detail: 'The address has a parameter more than once.' },
  forward_auth_invalid: { status: 400, body: 'generic', detail: 'The request does not fit forward auth.' },
  blueprint_invalid: { status: 400, body: 'validation', detail: 'The blueprint is invalid.' },
  flow_not_applicable: { status: 400, body: 'generic', detail: 'Flow does not apply to current user.' },
  not_found: { status: 404, body: 'generic', detail: 'Not found.' },
  flow_unknown: { status: 404, body: 'generic', detail: 'There is no such flow.' },
  not_authenticated: { status: 403, body: 'generic', detail: 'Authentication credentials were not provided.' },
  token_invalid: { status: 403, body: 'generic', detail: 'Token invalid/expired' },
  permission_denied: {
    status: 403,
    body: 'generic',
    detail: 'You do not have permission to perform this action.',
  },
  token_scope: { status: 403, body: 'generic', detail: 'The scope of this API token does not allow this.' },
  proof_required: {
    status: 403,
    body: 'generic',
    detail: 'Sign in again and prove yourself by one of your devices first.',
  },
  identity_too_large: {
    status: 403,
    body: 'generic',
    detail: 'You are in too many groups for this application. Ask your administrator.',
  },
  device_proof_required: { status: 403, body: 'generic', detail: 'The device must prove its key.' },
  device_proof_invalid: { status: 400, body: 'generic', detail: 'The proof of the device is invalid.' },
  device_refresh_skipped: {
    status: 503,
    body: 'generic',
    detail: 'Your browser could not confirm this device yet. Try again.',
    retry_after_s: 5,
  },
  preview_refused: { status: 403, body: 'generic', detail: 'This preview link is not valid. Create another one.' },
  csrf_failed: { status: 403, body: 'generic', detail: 'CSRF Failed' },
  method_not_allowed: { status: 405, body: 'generic', detail: 'Method not allowed.' },
  flow_version_unknown: { status: 404, body: 'generic', detail: 'There is no such version of the flow.' },
  flow_version_unusable: { status: 409, body: 'generic', detail: 'This version of the flow cannot be published.' },
  flow_changed: { status: 409, body: 'generic', detail: 'The flow was changed meanwhile.' },
  flow_rollout_unknown: { status: 404, body: 'generic', detail: 'No version of the flow is being rolled out.' },
  flow_change_busy: {
    status: 409,
    body: 'generic',
    detail: 'Another change of flows is running. Try again later.',
    retry_after_s: 1,
  },
  request_too_slow: { status: 408, body: 'generic', detail: 'The request took too long to arrive.' },
  body_too_large: { status: 413, body: 'generic', detail: 'The request body is too large.' },
  unsupported_media_type: { status: 415, body: 'generic', detail: 'Unsupported media type in request.' },
  headers_too_large: { status: 431, body: 'generic', detail: 'The address and headers are too large.' },
  rate_limited: { status: 429, body: 'generic', detail: 'Request was throttled.', retry_after_s: 1 },
  stage_fault: { status: 200, body: 'flow_error', detail: 'The stage failed.' },
  stage_bad_request: { status: 200, body: 'flow_error', detail: 'The stage did not understand the request.' },
  internal_fault: { status: 500, body: 'flow_error', detail: 'An internal error occurred.' },
  stage_away: { status: 503, body: 'flow_error', detail: 'No service serves this stage.', retry_after_s: 1 },
  stage_timeout: { status: 503, body: 'flow_error', detail: 'The stage did not answer in time.', retry_after_s: 1 },
  stage_busy: { status: 503, body: 'flow_error', detail: 'The stage is busy.', retry_after_s: 1 },
  bus_down: { status: 503, body: 'flow_error', detail: 'The message bus cannot be reached.', retry_after_s: 1 },
  policy_away: { status: 503, body: 'flow_error', detail: 'Policies cannot be evaluated.', retry_after_s: 1 },
  database_away: { status: 503, body: 'flow_error', detail: 'The database cannot be reached.', retry_after_s: 1 },
  overloaded: { status: 503, body: 'flow_error', detail: 'Too many requests at once.', retry_after_s: 1 },
  signal_keys_away: {
    status: 503,
    body: 'generic',
    detail: 'The keys of the transmitter cannot be fetched.',
    retry_after_s: 10,
  },
  setup_unavailable: {
    status: 503,
    body: 'generic',
    detail: 'The set-up needs the flow initial-setup, and an administrator without a password.',
  },
  flow_changes_away: {
    status: 503,
    body: 'generic',
    detail: 'Flows cannot be changed at the moment.',
    retry_after_s: 1,
  },
  flow_change_timeout: {
    status: 503,
    body: 'generic',
    detail: 'The change of flows took too long.',
    retry_after_s: 1,
  },
  seal_key_missing: {
    status: 503,
    body: 'flow_error',
    detail: 'The stored data cannot be opened at the moment.',
    retry_after_s: 1,
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof problems;

interface ProblemOptions {
  /** Detail that replaces the one in `problems`: a sentence for visitors, or an English text for operators. */
  readonly detail?: Sentence | string;
  readonly retry_after_s?: number;
  readonly cause?: unknown;
}

/** A failure with a code. The gateway responds with the status and the body that `problems` defines for the code. */
export class Problem extends Error {
  readonly retryAfterS: number | undefined;
  readonly detail: Sentence;
  /** Kind of the stage whose request ended with this problem. It is for logs, and no client gets it. */
  stage: string | undefined;
  constructor(
    readonly code: ProblemCode,
    { detail, retry_after_s, cause }: ProblemOptions = {},
  ) {
    const entry: ProblemEntry = problems[code];
    const sentence = typeof detail === 'object' ? detail : { text: detail ?? entry.detail };
    super(interpolate(sentence.text, sentence.params), { cause });
    this.detail = sentence;
    this.name = 'Problem';
    this.retryAfterS = retry_after_s ?? entry.retry_after_s;
  }
  get entry(): ProblemEntry {
    return problems[this.code];
  }
}
