import { type ApiVersion, consentChallenge } from '@gatehouse/contracts';
import { secretsEqual } from '@gatehouse/platform';
import type { z } from 'zod';
import type { ChallengeSource, FlowResult } from './flow-response.js';

/**
 * A yes-or-no question that the gateway asks by itself, without a stage. It has the form of a consent challenge without
 * permissions, because every client can show one.
 */
export type ConsentQuestion = Extract<FlowResult, { type: 'show' }>;

/** Component name of a consent challenge. */
export const CONSENT_COMPONENT = 'ak-stage-consent';

const ERRORS: ChallengeSource['errors'] = {
  question_token: {
    string: 'This question has been asked anew since. Please look at it again.',
    code: 'invalid',
  },
  consent_token_wrong: { string: 'Invalid consent token, re-showing prompt', code: 'invalid' },
};

/**
 * Returns a question with this header text. The visitor agrees with an answer that contains `token`. `more` are
 * additional fields of the challenge.
 */
export const consentQuestion = (
  header: string,
  token: string,
  more: Pick<z.input<typeof consentChallenge>, 'confirms'> = {},
): ConsentQuestion => ({
  type: 'show',
  contract: {
    ...{ component: CONSENT_COMPONENT, challenge: consentChallenge, user_info: true, errors: ERRORS },
    texts: { header_text: [header] },
  },
  challenge: { header_text: header, permissions: [], additional_permissions: [], token, ...more },
  errors: undefined,
});

/** Whether an answer contains the question's token. False if `expected` is undefined. */
export function agrees(body: unknown, expected: string | undefined): boolean {
  const token = (body as { readonly token?: unknown } | null | undefined)?.token;
  return expected !== undefined && typeof token === 'string' && secretsEqual(token, expected);
}

/**
 * Returns the question with an error, to show again after an answer without the right token. Since 2026.8 the error is
 * that of a consent stage.
 */
export const withTokenError = (question: ConsentQuestion, version: ApiVersion): ConsentQuestion => ({
  ...question,
  errors: { token: [{ code: version === '2026.8' ? 'consent_token_wrong' : 'question_token' }] },
});
