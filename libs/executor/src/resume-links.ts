import { hash, randomInt } from 'node:crypto';
import type { Effect } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Length of a link's token: 60 random letters and digits, which are over 350 bits. */
export const TOKEN_LENGTH = 60;

/** Returns random letters and digits. */
export const randomToken = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

/**
 * Returns the SHA-256 of a token, the only form that is stored. A token has too much entropy to be guessed from its
 * hash.
 */
export const hashToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** A mailed link to store. It continues the plan at a step, once. */
export interface ResumeLink {
  readonly hash: Buffer;
  readonly step: string;
  readonly ttlS: number;
}

/** The page that a link opens: a step of a flow, with the query of the visitor's page. */
export interface LinkTarget {
  readonly step: string;
  readonly slug: string;
  readonly baseUrl: string;
  readonly query: Plan['query'];
}

type Mail = Extract<Effect, { type: 'mail' }>;

/**
 * Adds a link to a mail that has `link_ttl_s`. The link starts with the configured base URL, not with the request's
 * `Host`, which an attacker could choose.
 */
export function withResumeLink(mail: Mail, target: LinkTarget): { effect: Mail; link?: ResumeLink } {
  if (mail.link_ttl_s === undefined) return { effect: mail };
  const token = randomToken(TOKEN_LENGTH);
  return {
    effect: { ...mail, variables: { ...mail.variables, url: resumeUrl(target, token) } },
    link: { hash: hashToken(token), step: target.step, ttlS: mail.link_ttl_s },
  };
}

/** Returns the URL of a mailed link. */
export function resumeUrl({ slug, baseUrl, query }: Omit<LinkTarget, 'step'>, token: string): string {
  const { flow_token: _older, ...rest } = query;
  return `${baseUrl}/if/flow/${slug}/?${new URLSearchParams({ ...rest, flow_token: token })}`;
}
