import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { drawCertificate } from '../../../test/support/certificate.js';
import { answering, Mailbox } from '../../../test/support/mailbox.js';
import type { Mail, MailServer } from './mail-transport.js';
import { SmtpMailTransport } from './smtp-mail-transport.js';

const mail: Mail = {
  id: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01',
  to: { address: 'alice@example.org', name: 'Alice "A." Åström' },
  subject: 'Grüße, 你好',
  text: 'Plain ü\n',
  html: '<p>Rich ü</p>',
};
const LOGIN = { user: 'house', password: 'of cards' };

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
  ...{ host: 'localhost', port, username: '', password: '', tls: 'none', timeout_s: 5, from: 'house@example.org' },
  ...changes,
});
const post = (deadlineS = 20) => new SmtpMailTransport({ name: 'courier.example.org', deadlineS });
const withLogin = { username: LOGIN.user, password: LOGIN.password };

describe('a mail', () => {
  it('arrives in both forms, with its names, and with an id that stays the same', async () => {
    const { port, mails } = await open();
    await post().send(mail, server(port, { from: 'The House <house@example.org>' }));
    expect(mails).toMatchObject([
      {
        subject: mail.subject,
        from: { name: 'The House', address: 'house@example.org' },
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
  ])('goes to one address, and not to %j', async (address) => {
    const { port, mails } = await open();
    await expect(post().send({ ...mail, to: { address, name: '' } }, server(port))).rejects.toMatchObject({
      refused: true,
    });
    expect(mails).toEqual([]);
  });

  it('has no headers but its own, whatever its subject and its names say', async () => {
    const { port, mails } = await open();
    const sly = 'x\r\nBcc: mallory@example.org\r\n\r\nbody';
    await post().send({ ...mail, subject: sly, to: { address: mail.to.address, name: sly } }, server(port));
    expect(mails[0]).toMatchObject({ recipients: ['alice@example.org'], text: expect.stringMatching(/^Plain ü\s*$/) });
    expect(mails[0]!.headers.map(({ key }) => key)).not.toContain('bcc');
  });
});

describe('a mail server', () => {
  it('that asks for a name is told it', async () => {
    const { port, mails } = await open({ login: LOGIN });
    await post().send(mail, server(port, withLogin));
    expect(mails).toMatchObject([{ user: LOGIN.user }]);
  });

  it('that does not like the name may like it later', async () => {
    const { port } = await open({ login: LOGIN });
    const wrong = post().send(mail, server(port, { ...withLogin, password: 'wrong' }));
    await expect(wrong).rejects.toMatchObject({ refused: false, message: expect.stringContaining('535') });
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('wrong') });
  });

  it('that will have none of a recipient is not asked again', async () => {
    const { port } = await open({ refuse: () => answering(550, 'nobody of that name') });
    await expect(post().send(mail, server(port))).rejects.toMatchObject({ refused: true });
  });

  it('that is busy is asked again', async () => {
    const { port } = await open({ refuse: () => answering(451, 'later') });
    await expect(post().send(mail, server(port))).rejects.toMatchObject({ refused: false });
  });

  it('that is not there may come back', async () => {
    const { port } = await open();
    await mailbox!.close();
    await expect(post().send(mail, server(port))).rejects.toMatchObject({ refused: false });
  });

  it.each([
    ['is silent', { timeout_s: 0.2 }, 20],
    ['takes too long in all', {}, 0.2],
  ])('that %s is left', async (_how, changes, deadlineS) => {
    silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent!.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await expect(post(deadlineS).send(mail, server(port, changes))).rejects.toMatchObject({ refused: false });
  });
});

describe('encryption', () => {
  const own = drawCertificate();

  it('is never less than what was asked for: a server without STARTTLS gets nothing', async () => {
    const { port, mails } = await open({ hideSTARTTLS: true, login: LOGIN });
    const sent = post().send(mail, server(port, { ...withLogin, tls: 'starttls' }));
    await expect(sent).rejects.toMatchObject({ refused: false });
    expect(mails).toEqual([]);
  });

  it.each(['starttls', 'implicit'] as const)(
    'by %s needs a certificate that somebody trusted has signed',
    async (tls) => {
      const { port, mails } = await open({ ...own, secure: tls === 'implicit' });
      await expect(post().send(mail, server(port, { tls }))).rejects.toMatchObject({
        message: expect.stringMatching(/self.signed/),
      });
      expect(mails).toEqual([]);
    },
  );

  it('is not begun where nobody asked for it', async () => {
    const { port, mails } = await open(own);
    await post().send(mail, server(port));
    expect(mails).toMatchObject([{ encrypted: false }]);
  });
});
