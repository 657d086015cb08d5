import { readFileSync } from 'node:fs';

/** Licences that allow use in a product under the MIT licence. MPL-2.0 covers changes to its own files only. */
export const ALLOWED_LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'Unlicense',
]);

/** Returns a message for each production dependency in package-lock.json whose licence is not allowed or unknown. */
export function findRefusedLicences() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(
      ([path, { dev, devOptional, license }]) => path !== '' && !dev && !devOptional && !ALLOWED_LICENCES.has(license),
    )
    .map(([path, { version, license = 'unknown' }]) => {
      const name = `${path.split('node_modules/').at(-1)}@${version}`;
      return `${name} has the licence ${license}. Replace the package, or allow the licence in tools/security/licences.mjs.`;
    });
}
