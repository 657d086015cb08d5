import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its private key. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Creates a self-signed certificate for `localhost`, or other hosts, which is valid for a number of days. */
export function createCertificate(days = 2, hosts: readonly string[] = ['localhost']): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificate-'));
  try {
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
    const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}`;
    const subject = ['-subj', `/CN=${hosts[0]}`, '-addext', names, '-days', String(days)];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', cert];
    execFileSync('openssl', args, { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CONFIG = '[req]\ndistinguished_name = none\n[none]\n';
/** OpenSSL arguments that omit the key identifiers, so that verifiers find the issuer by its name alone. */
const WITHOUT_KEY_IDS = ['-addext', 'subjectKeyIdentifier=none', '-addext', 'authorityKeyIdentifier=none'];
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...WITHOUT_KEY_IDS];

/** Creates a chain of certificates that are valid for two days, or for `days`. Each certificate issues the next. */
export function createChain(...links: readonly (readonly [subject: string, ca: boolean, days?: number])[]): KeyPair[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-chain-'));
  const config = join(folder, 'openssl.cnf');
  const filesOf = (i: number): [string, string] => [join(folder, `${i}.key`), join(folder, `${i}.crt`)];
  try {
    writeFileSync(config, CONFIG);
    return links.map(([subject, ca, days = 2], i) => {
      const [key, cert] = filesOf(i);
      const [issuerKey, issuer] = filesOf(i - 1);
      const issuerArgs = i === 0 ? [] : ['-CA', issuer, '-CAkey', issuerKey];
      const subjectArgs = ['-subj', subject, '-addext', `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`];
      const files = ['-days', String(days), '-config', config, '-keyout', key, '-out', cert];
      execFileSync('openssl', ['req', '-x509', ...NEW_KEY, ...subjectArgs, ...issuerArgs, ...files], {
        stdio: 'ignore',
      });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
