import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createCertificate } from '../../../test/support/certificate.js';
import { scrape } from '../../../test/support/metrics.js';
import { reportCertificateFile, reportPeerCertificate } from './certificate.metrics.js';

const expiryOf = (use: string) => scrape(`gatehouse_certificate_expiry_timestamp_seconds{use="${use}"}`);
const endOf = (cert: string) => Date.parse(new X509Certificate(cert).validTo) / 1000;

it('the metric shows when the certificate of a TLS server expires, and nothing for a connection without TLS', async () => {
  const pair = createCertificate();
  const server = createServer(pair, (socket) => socket.on('error', () => undefined));
  onTestFinished(() => void server.close());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', ca: pair.cert, servername: 'localhost' });
  await new Promise<void>((connected) => socket.once('secureConnect', connected));
  reportPeerCertificate('nats_server', socket);
  socket.destroy();
  const shown = await expiryOf('nats_server');
  expect(shown).toBe(endOf(pair.cert));
  reportPeerCertificate('nats_server', new Socket());
  expect(await expiryOf('nats_server')).toBe(shown);
});

it('the metric shows the earliest expiry of the certificates in a file, and nothing for a missing file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [first, second] = [createCertificate(1), createCertificate(3)];
  const path = join(folder, 'ca.crt');
  writeFileSync(path, second.cert + first.cert);
  reportCertificateFile('postgres_authority', path);
  expect(await expiryOf('postgres_authority')).toBe(endOf(first.cert));
  reportCertificateFile('postgres_client', join(folder, 'missing.crt'));
  reportCertificateFile('postgres_client', undefined);
  expect(await expiryOf('postgres_client')).toBeUndefined();
});

it('the metric ignores expired certificates in a file, unless all have expired', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [first, second] = [createCertificate(1), createCertificate(3)];
  const path = join(folder, 'bundle.crt');
  writeFileSync(path, first.cert + second.cert);
  const shownAfterDays = (days: number) => {
    vi.setSystemTime(Date.now() + days * 86_400_000);
    reportCertificateFile('node_extra_ca', path);
    return expiryOf('node_extra_ca');
  };
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['Date'] });
  expect(await shownAfterDays(2)).toBe(endOf(second.cert));
  expect(await shownAfterDays(2)).toBe(endOf(first.cert));
});
