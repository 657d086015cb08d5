import { type ApiVersion, type Config, number, pythonLiteral, type StageMessage } from '@gatehouse/contracts';
import type { captchaContract } from './captcha.contract.js';
import type { SiteverifyResponse } from './siteverify-client.js';

type Contract = typeof captchaContract;

/** Largest length of the list of error codes that the visitor sees, in characters. */
const MAX_CODES = 500;

/** A threshold of this value or less means no limit (docs/spec/stages.md#captcha-judgement). */
const NO_LIMIT = -1;

/** Schema of a score. Some providers send it as text. */
const SCORE = number();

/** Error codes of providers for a token that was missing, wrong, too old or used before. A new token may pass. */
const RETRY_CODES: ReadonlySet<unknown> = new Set([
  'missing-input-response',
  'invalid-input-response',
  'timeout-or-duplicate',
  'expired-input-response',
  'already-seen-response',
]);

interface Site {
  /** The host of this site. */
  readonly host: string;
  readonly apiVersion: ApiVersion;
}

/** Returns the error that the visitor gets for a provider's response, or `undefined` if the token is valid. */
export function verificationError(
  verdict: SiteverifyResponse,
  config: Config<Contract>,
  { host, apiVersion }: Site,
): StageMessage<Contract> | undefined {
  if (verdict['success'] !== true) return refusal(verdict, apiVersion);
  if (!isForSite(verdict, config, host) || !isForAction(verdict, config)) return { code: 'captcha_invalid' };
  return config.error_on_invalid_score ? scoreError(verdict, config) : undefined;
}

/** Returns the error of a token that the provider refuses. Only 2024.8 shows the provider's error codes. */
function refusal(verdict: SiteverifyResponse, apiVersion: ApiVersion): StageMessage<Contract> {
  if (apiVersion === '2024.8') return { code: 'captcha_refused', params: { codes: formatCodes(verdict) } };
  const { 'error-codes': codes } = verdict;
  const mayRetry = Array.isArray(codes) && codes.length > 0 && codes.every((code) => RETRY_CODES.has(code));
  return { code: mayRetry ? 'captcha_retry' : 'captcha_invalid' };
}

/** Formats the error codes as a Python list, as authentik does. */
function formatCodes({ 'error-codes': codes }: SiteverifyResponse): string {
  return Array.isArray(codes) ? pythonLiteral(codes).slice(0, MAX_CODES) : 'Unknown error';
}

/** Returns whether the puzzle was solved on an allowed site. */
function isForSite({ hostname }: SiteverifyResponse, { hostnames }: Config<Contract>, host: string): boolean {
  if (hostname === undefined || hostname === null) return true;
  const allowed = hostnames.length > 0 ? hostnames : [host];
  return allowed.includes('*') || allowed.some((name) => name.toLowerCase() === String(hostname).toLowerCase());
}

const isForAction = ({ action }: SiteverifyResponse, config: Config<Contract>) =>
  config.action === '' || action === config.action;

/** Returns an error if the score is not a number, or is outside the thresholds, which are inclusive. */
function scoreError({ score }: SiteverifyResponse, config: Config<Contract>): StageMessage<Contract> | undefined {
  if (score === undefined) return undefined;
  const { success, data: value } = SCORE.safeParse(score);
  if (!success) return { code: 'captcha_failed' };
  const { score_min_threshold: min, score_max_threshold: max } = config;
  const isWithinLimits = (max <= NO_LIMIT || value <= max) && (min <= NO_LIMIT || value >= min);
  return isWithinLimits ? undefined : { code: 'captcha_invalid' };
}
