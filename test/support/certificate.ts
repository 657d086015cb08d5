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

const CONFIG = '[req]\ndistinguished_name = none\n[none]\n';
/** Who has issued one is told by names alone, which are anybody's. */
const NAMELESS = ['-addext', 'subjectKeyIdentifier=none', '-addext', 'authorityKeyIdentifier=none'];
const FRESH = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...NAMELESS];

/** Certificates that each issue the next one, good for two days; the first issues itself. Said of each: whether it may issue. */
export function drawChain(...links: readonly (readonly [subject: string, ca: boolean])[]): Issued[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-chain-'));
  const config = join(folder, 'openssl.cnf');
  const filesOf = (i: number): [string, string] => [join(folder, `${i}.key`), join(folder, `${i}.crt`)];
  try {
    writeFileSync(config, CONFIG);
    return links.map(([subject, ca], i) => {
      const [key, cert] = filesOf(i);
      const [issuerKey, issuer] = filesOf(i - 1);
      const by = i === 0 ? [] : ['-CA', issuer, '-CAkey', issuerKey];
      const who = ['-subj', subject, '-addext', `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`];
      const files = ['-config', config, '-keyout', key, '-out', cert];
      execFileSync('openssl', ['req', '-x509', ...FRESH, ...who, ...by, ...files], { stdio: 'ignore' });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
