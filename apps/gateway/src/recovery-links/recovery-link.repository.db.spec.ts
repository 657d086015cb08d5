import { randomBytes, randomUUID } from 'node:crypto';
import { enrol, flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { MAIL_TOPIC, mailBody, openOutboxRow, RequestEventRecorder } from '@gatehouse/outbox';
import { emptyPlan } from '@gatehouse/plan';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RecoveryLinkRepository } from './recovery-link.repository.js';
import { recoveryMail } from './recovery-mail.js';

const sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
const recorder = new RequestEventRecorder(REQUEST_FACTS, sealer);
const audit = { event: { action: 'recovery_link_created', context: { expires_in_s: 60 } }, events: recorder } as const;

let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
});
afterAll(() => close?.());

const stored = async () => ({
  links: await source.query<{ hash: Buffer }[]>('SELECT hash FROM flow.resume_tokens'),
  messages: await source.query<{ id: string; topic: string; body: Buffer }[]>(
    'SELECT id, topic, body FROM flow.outbox ORDER BY seq',
  ),
});

it('a recovery link and its mail are saved together or not at all', async () => {
  const user = await enrol(source);
  const links = new RecoveryLinkRepository(source, sealer);
  const plan = { ...emptyPlan(randomUUID()), context: { pending_user: user } };
  const link = {
    flow: { id: randomUUID(), slug: 'back', versionId: randomUUID() },
    plan,
    step: 'email',
    user,
    ttlS: 60,
  };
  const withLink = (token: string) =>
    recoveryMail(
      // biome-ignore format: one line
      { use_global_settings: true, host: '', port: 25, username: '', password: '', use_tls: false, use_ssl: false, timeout: 1, from_address: '', token_expiry: 1, subject: 'S', template: 'email/password_reset.html' },
      { user, brand: 'Home', locale: 'en', lifetimeS: 60, url: `https://id.example.org/${token}` },
    );
  const token = await links.save(link, audit, { withLink, mails: recorder });
  const before = await stored();
  const [event, mail] = before.messages;
  expect([before.links.length, event?.topic, mail?.topic]).toEqual([1, 'events.recovery_link_created', MAIL_TOPIC]);
  expect(mailBody.parse(openOutboxRow(mail!, sealer))).toMatchObject({
    to: { address: user.email },
    variables: { url: `https://id.example.org/${token}` },
    about: { user: { uuid: user.uuid }, flow: 'back', plan: plan.id },
  });
  const recordMail = async () => {
    throw new Error('the outbox is full');
  };
  await expect(links.save(link, audit, { withLink, mails: { recordMail } })).rejects.toThrow('the outbox is full');
  expect(await stored()).toEqual(before);
});
