import { challengeBody, systemChallenges, typeIn } from '@gatehouse/contracts';
import { wireShapes } from '@gatehouse/stages';
import { z } from 'zod';
import { OfficialWebClient, type ShownChallenge } from './official-web-client.js';

const SHAPES = [...wireShapes, ...systemChallenges];

/** Members of lists and challenges that the web client of 2026.8 reads without a check. */
const device = z.looseObject({
  ...{ device_class: z.enum(['static', 'totp', 'webauthn', 'duo', 'sms', 'email']), device_uid: z.string() },
  ...{ challenge: z.looseObject({}), last_used: z.iso.datetime({ offset: true }).nullable() },
});
const field = z.looseObject({
  choices: z.array(z.strictObject({ value: z.string(), label: z.string() })).nullish(),
});
const READ_BY_CLIENT: Readonly<Record<string, z.ZodType>> = {
  'ak-stage-authenticator-validate': z.looseObject({ device_challenges: z.array(device) }),
  'ak-stage-captcha': z.looseObject({ interactive: z.boolean() }),
  'ak-stage-prompt': z.looseObject({ fields: z.array(field) }),
  'xak-flow-redirect': z.looseObject({ to: z.string(), final_redirect: z.boolean().optional() }),
};

/**
 * The requests of one visitor who uses the web client of authentik 2026.8: those of the client of 2024.8, with the
 * challenges of 2026.8. It refuses a challenge that differs from the published schema, or lacks a field that it reads.
 */
export class NewerWebClient extends OfficialWebClient {
  /** Whether a redirect since the last action of the visitor has said that the flow has ended. */
  hasEnded = false;

  override go(address: string): Promise<void> {
    this.hasEnded = false;
    return super.go(address);
  }

  override click(address: string): Promise<void> {
    this.hasEnded = false;
    return super.click(address);
  }

  override submit(fields: Readonly<Record<string, unknown>>): Promise<void> {
    this.hasEnded = false;
    return super.submit(fields);
  }

  protected override check(challenge: ShownChallenge): void {
    const { component } = challenge;
    const shape = SHAPES.find((known) => known.component === component);
    if (!shape) throw new Error(`unknown challenge: ${JSON.stringify(challenge)}`);
    z.strictObject(typeIn('2026.8', challengeBody(shape)).shape).parse(challenge);
    READ_BY_CLIENT[component]?.parse(challenge);
    if (challenge['final_redirect'] === true) this.hasEnded = true;
  }

  /** The texts of the errors of the current challenge. The client treats any `response_errors` as a refusal. */
  get errors(): readonly string[] | undefined {
    const errors = this.challenge['response_errors'] as Record<string, { readonly string: string }[]> | undefined;
    return errors && Object.values(errors).flatMap((list) => list.map(({ string }) => string));
  }
}
