import { captchaPuzzle } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import { expect, it } from 'vitest';
import { GatewayModule } from '../../gateway.module.js';

type Schemas = Readonly<Record<string, { readonly required?: string[]; readonly properties: object }>>;
const documents = { '2024.8': GatewayModule.document('2024.8'), '2026.8': GatewayModule.document('2026.8') };
type View = keyof typeof documents;
const schemasOf = (view: View) => (documents[view]['components'] as { readonly schemas: Schemas }).schemas;

it('under 2026.8, `interactive` of a captcha is required, and false if an older captcha service does not send it', () => {
  for (const name of ['CaptchaChallenge', 'InnerCaptchaChallenge'])
    expect(schemasOf('2026.8')[name]).toMatchObject({
      required: expect.arrayContaining(['interactive']),
      properties: { interactive: { type: 'boolean' } },
    });
  const puzzle = { site_key: 'site', js_url: 'https://captcha.example/api.js' };
  expect(captchaPuzzle.parse(puzzle)).toEqual({ ...puzzle, interactive: false });
  expect(captchaPuzzle.safeParse({ ...puzzle, interactive: 'yes' }).success).toBe(false);
});

it('under 2026.8, the chosen device is described like a listed device, and answers of clients of 2024.8 are accepted', () => {
  const chosen = (view: View) => schemasOf(view)['DeviceChallengeRequest']!;
  expect(Object.keys(chosen('2024.8').properties)).toEqual(['device_class', 'device_uid', 'challenge']);
  expect(chosen('2026.8').required).toContain('last_used');
  expect(chosen('2026.8').properties).toMatchObject({
    device_class: { enum: ['duo', 'email', 'sms', 'static', 'totp', 'webauthn'] },
    last_used: { type: 'string', format: 'date-time', nullable: true },
  });
  const device = { device_class: 'totp', device_uid: '1', challenge: {} };
  const response = stages.authenticator_validate?.contract.response;
  for (const sent of [device, { ...device, last_used: null }, { ...device, last_used: '2026-11-30T12:00:00Z' }])
    expect(response?.safeParse({ selected_challenge: sent }).success).toBe(true);
});

it('only under 2026.8, the request for a recovery link has a body', () => {
  const requestBodyIn = (view: View) => {
    const paths = documents[view]['paths'] as Record<string, { post: Record<string, unknown> }>;
    return paths['/core/users/{id}/recovery/']!.post['requestBody'];
  };
  expect(requestBodyIn('2024.8')).toBeUndefined();
  expect(requestBodyIn('2026.8')).toEqual({
    content: { 'application/json': { schema: { $ref: '#/components/schemas/UserRecoveryLinkRequest' } } },
  });
  expect(schemasOf('2024.8')).not.toHaveProperty('UserRecoveryLinkRequest');
});

it('the stage of a recovery mail is a query parameter under 2024.8, and in the body under 2026.8', () => {
  const requestIn = (view: View) => {
    const paths = documents[view]['paths'] as Record<string, { post: Record<string, unknown> }>;
    const { parameters, requestBody } = paths['/core/users/{id}/recovery_email/']!.post;
    return { parameters: (parameters as { name: string }[]).filter(({ name }) => name !== 'id'), requestBody };
  };
  const description = expect.any(String);
  expect(requestIn('2024.8')).toEqual({
    parameters: [{ in: 'query', name: 'email_stage', schema: { type: 'string' }, description, required: true }],
    requestBody: undefined,
  });
  expect(requestIn('2026.8')).toEqual({
    parameters: [],
    requestBody: {
      content: { 'application/json': { schema: { $ref: '#/components/schemas/UserRecoveryEmailRequest' } } },
      required: true,
    },
  });
  expect(schemasOf('2026.8')['UserRecoveryEmailRequest']).toMatchObject({
    required: ['email_stage'],
    properties: {
      token_duration: { type: 'string', description },
      email_stage: { type: 'string', format: 'uuid', description },
    },
  });
  expect(schemasOf('2024.8')).not.toHaveProperty('UserRecoveryEmailRequest');
});
