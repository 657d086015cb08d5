import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TLSSocket } from 'node:tls';
import { gauge } from './metrics.js';

/** The certificates whose expiry a process reports, each with its description in the metric. */
const CERTIFICATES = {
  postgres_server: 'the certificate of Postgres, as of the last connection',
  nats_server: 'the certificate of NATS, as of the last connection',
  postgres_client: 'the file `sslcert` of DATABASE_URL',
  postgres_authority: 'the file `sslrootcert` of DATABASE_URL',
  node_extra_ca: 'the file NODE_EXTRA_CA_CERTS',
} as const;
type CertificateUse = keyof typeof CERTIFICATES;

const expiry = gauge({
  name: 'gatehouse_certificate_expiry_timestamp_seconds',
  question: 'keys',
  help: 'Unix time at which a certificate expires that this process uses or has verified. For a file with several certificates, the earliest of these times; certificates that had expired when the process started do not count, unless all had',
  labels: {
    use: Object.entries(CERTIFICATES)
      .map(([use, text]) => `\`${use}\`: ${text}`)
      .join('; '),
  },
});

/** Reports when the certificate of the peer of a TLS socket expires. Does nothing for a socket without TLS. */
export function reportPeerCertificate(use: CertificateUse, socket: unknown): void {
  if (!(socket instanceof TLSSocket)) return;
  const { valid_to: end } = socket.getPeerCertificate();
  if (end) expiry.set({ use }, Date.parse(end) / 1000);
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reports when the first certificate of a PEM file expires. Ignores certificates that have expired already, unless all
 * have: bundles of public authorities contain such certificates for years. Does nothing for `undefined`, or if the file
 * cannot be read: the connection that needs the file then fails and says why.
 */
export function reportCertificateFile(use: CertificateUse, path: string | null | undefined): void {
  if (!path) return;
  try {
    const blocks = readFileSync(path, 'utf8').match(PEM_BLOCK) ?? [];
    const ends = blocks.map((pem) => Date.parse(new X509Certificate(pem).validTo) / 1000);
    const current = ends.filter((end) => end > Date.now() / 1000);
    if (ends.length > 0) expiry.set({ use }, Math.min(...(current.length > 0 ? current : ends)));
  } catch {
    // The connection that needs this file fails, and its error says why.
  }
}
