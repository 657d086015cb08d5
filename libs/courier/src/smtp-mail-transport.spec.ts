import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createCertificate } from '../../../test/support/certificate.js';
import { Mailbox, smtpError } from '../../../test/support/mailbox.js';
import { type Mail, type MailServer, SmtpMailTransport } from './smtp-mail-transport.js';

const mail: Mail = {
  id: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01',
  to: { address: 'alice@example.org', name: 'Alice "A." Åström' },
  subject: 'Grüße, 你好',
  text: 'Plain ü\n',
  html: '<p>Rich ü</p>',
};
const LOGIN = { user: 'courier', password: 'secret' };

let mailbox: Mailbox | undefined;
let silent: Server | undefined;
afterEach(async () => {
  await mailbox?.close();
  silent?.close();
  [mailbox, silent] = [undefined, undefined];
});

const open = async (...[options]: Parameters<typeof Mailbox.open>) => {
  mailbox = await Mailbox.open(options);
  return mailbox;
};
const server = (port: number, changes: Partial<MailServer> = {}): MailServer => ({
  ...{ host: 'localhost', port, username: '', password: '', tls: 'none', timeout_s: 5, from: 'sender@example.org' },
  ...changes,
});
const createTransport = (deadlineS = 20) => new SmtpMailTransport({ name: 'courier.example.org', deadlineS });
const withLogin = { username: LOGIN.user, password: LOGIN.password };

describe('a mail', () => {
  it('arrives as text and HTML, with names and a message id', async () => {
    const { port, mails } = await open();
    await createTransport().send(mail, server(port, { from: 'Example <sender@example.org>' }));
    expect(mails).toMatchObject([
      {
        subject: mail.subject,
        from: { name: 'Example', address: 'sender@example.org' },
        to: [{ name: mail.to.name, address: 'alice@example.org' }],
        recipients: ['alice@example.org'],
        greeting: 'courier.example.org',
        messageId: `<${mail.id}@example.org>`,
        text: expect.stringMatching(/^Plain ü\s*$/),
        html: expect.stringContaining('Rich ü'),
      },
    ]);
    expect(mails[0]!.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it.each([
    'alice@example.org, mallory@example.org',
    'alice@example.org\r\nBcc: mallory@example.org',
    '"mallory@example.org x"@example.org',
    'mallory@example.org(alice)@example.org',
    'alice',
    '',
  ])('is refused for the address %j', async (address) => {
    const { port, mails } = await open();
    await expect(createTransport().send({ ...mail, to: { address, name: '' } }, server(port))).rejects.toMatchObject({
      refused: true,
    });
    expect(mails).toEqual([]);
  });

  it('gets no further header by line breaks in its subject or names', async () => {
    const { port, mails } = await open();
    const injection = 'x\r\nBcc: mallory@example.org\r\n\r\nbody';
    await createTransport().send(
      { ...mail, subject: injection, to: { address: mail.to.address, name: injection } },
      server(port),
    );
    expect(mails[0]).toMatchObject({ recipients: ['alice@example.org'], text: expect.stringMatching(/^Plain ü\s*$/) });
    expect(mails[0]!.headers.map(({ key }) => key)).not.toContain('bcc');
  });
});

describe('a mail server', () => {
  it('receives the credentials', async () => {
    const { port, mails } = await open({ login: LOGIN });
    await createTransport().send(mail, server(port, withLogin));
    expect(mails).toMatchObject([{ user: LOGIN.user }]);
  });

  it('that refuses the credentials causes a retry', async () => {
    const { port } = await open({ login: LOGIN });
    const wrong = createTransport().send(mail, server(port, { ...withLogin, password: 'wrong' }));
    await expect(wrong).rejects.toMatchObject({ refused: false, message: expect.stringContaining('535') });
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('wrong') });
  });

  it('that refuses the recipient causes no retry', async () => {
    const { port } = await open({ refuse: () => smtpError(550, 'no such user') });
    await expect(createTransport().send(mail, server(port))).rejects.toMatchObject({ refused: true });
  });

  it('that is busy causes a retry', async () => {
    const { port } = await open({ refuse: () => smtpError(451, 'later') });
    await expect(createTransport().send(mail, server(port))).rejects.toMatchObject({ refused: false });
  });

  it('that is down causes a retry', async () => {
    const { port } = await open();
    await mailbox!.close();
    await expect(createTransport().send(mail, server(port))).rejects.toMatchObject({ refused: false });
  });

  it.each([
    ['does not respond', { timeout_s: 0.2 }, 20],
    ['exceeds the deadline', {}, 0.2],
  ])('that %s causes a retry', async (_how, changes, deadlineS) => {
    silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent!.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await expect(createTransport(deadlineS).send(mail, server(port, changes))).rejects.toMatchObject({
      refused: false,
    });
  });
});

describe('encryption', () => {
  const certificate = createCertificate();

  it('by STARTTLS is required if it is configured: a server without it receives no mail', async () => {
    const { port, mails } = await open({ hideSTARTTLS: true, login: LOGIN });
    const sent = createTransport().send(mail, server(port, { ...withLogin, tls: 'starttls' }));
    await expect(sent).rejects.toMatchObject({ refused: false });
    expect(mails).toEqual([]);
  });

  it.each(['starttls', 'implicit'] as const)('by %s requires a certificate of a trusted issuer', async (tls) => {
    const { port, mails } = await open({ ...certificate, secure: tls === 'implicit' });
    await expect(createTransport().send(mail, server(port, { tls }))).rejects.toMatchObject({
      message: expect.stringMatching(/self.signed/),
    });
    expect(mails).toEqual([]);
  });

  it('is not used if it is not configured', async () => {
    const { port, mails } = await open(certificate);
    await createTransport().send(mail, server(port));
    expect(mails).toMatchObject([{ encrypted: false }]);
  });
});
