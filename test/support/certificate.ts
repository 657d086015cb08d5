import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with the key that it is of. */
export interface Issued {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for `localhost` that nobody trusts but who is told to. */
export function drawCertificate(): Issued {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificate-'));
  try {
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', cert];
    execFileSync('openssl', args, { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Certificates that each issue the next one, good for two days; the first issues itself. Said of each: whether it may issue. */
export function drawChain(...links: readonly (readonly [subject: string, ca: boolean])[]): Issued[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-chain-'));
  try {
    const config = join(folder, 'openssl.cnf');
    writeFileSync(config, '[req]\ndistinguished_name = none\n[none]\n');
    const files = (i: number) => [join(folder, `${i}.key`), join(folder, `${i}.crt`)] as const;
    return links.map(([subject, ca], i) => {
      const [key, cert] = files(i);
      const [byKey, byCert] = files(i - 1);
      const issuer = i === 0 ? [] : ['-CA', byCert, '-CAkey', byKey];
      // Who has issued one is told by names alone, which are anybody's.
      const nameless = ['-addext', 'subjectKeyIdentifier=none', '-addext', 'authorityKeyIdentifier=none'];
      const may = ['-addext', `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`, ...nameless];
      const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
      const args = [
        'req',
        '-x509',
        '-config',
        config,
        ...fresh,
        '-subj',
        subject,
        ...may,
        ...issuer,
        '-keyout',
        key,
        '-out',
        cert,
      ];
      execFileSync('openssl', args, { stdio: 'ignore' });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
