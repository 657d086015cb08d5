import { type Config, pythonLiteral, type StageMessage } from '@gatehouse/contracts';
import type { captchaContract } from './captcha.contract.js';
import type { SiteverifyResponse } from './siteverify-client.js';

type Contract = typeof captchaContract;

/** Characters of a provider's error codes that a visitor reads. */
const MAX_CODES = 500;

/** A threshold of this or less is none (docs/spec/stages.md#captcha-judgement). */
const NO_BOUND = -1;

/** What a stage has against a provider's answer; undefined when the token is good. `host`: that of the site. */
export function verificationError(
  verdict: SiteverifyResponse,
  config: Config<Contract>,
  host: string,
): StageMessage<Contract> | undefined {
  if (verdict['success'] !== true) return { code: 'captcha_refused', params: { codes: codesOf(verdict) } };
  if (!isOfHost(verdict, config, host) || !isForAction(verdict, config)) return { code: 'captcha_invalid' };
  return config.error_on_invalid_score ? scoreRefusal(verdict, config) : undefined;
}

/** As the reference prints them: a list of Python's. */
function codesOf({ 'error-codes': codes }: SiteverifyResponse): string {
  return Array.isArray(codes) ? pythonLiteral(codes).slice(0, MAX_CODES) : 'Unknown error';
}

/** A puzzle that somebody solved on another site is none of this one. */
function isOfHost({ hostname }: SiteverifyResponse, { hostnames }: Config<Contract>, host: string): boolean {
  if (hostname === undefined || hostname === null) return true;
  const own = hostnames.length > 0 ? hostnames : [host];
  return own.includes('*') || own.some((name) => name.toLowerCase() === String(hostname).toLowerCase());
}

const isForAction = ({ action }: SiteverifyResponse, config: Config<Contract>) =>
  config.action === '' || action === config.action;

/** Bounds are inclusive; a score that is no number cannot be judged. */
function scoreRefusal({ score }: SiteverifyResponse, config: Config<Contract>): StageMessage<Contract> | undefined {
  if (score === undefined) return undefined;
  if (typeof score !== 'number') return { code: 'captcha_failed' };
  const { score_min_threshold: min, score_max_threshold: max } = config;
  const fits = (max <= NO_BOUND || score <= max) && (min <= NO_BOUND || score >= min);
  return fits ? undefined : { code: 'captcha_invalid' };
}
