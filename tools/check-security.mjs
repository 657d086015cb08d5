/**
 * `npm run check:security` looks for secrets in the files of the repository, checks the licences of all production
 * dependencies, and asks the registry for known vulnerabilities in them. With `--offline` it does not ask the registry.
 */
import { findVulnerabilities } from './security/audit.mjs';
import { findRefusedLicences } from './security/licences.mjs';
import { findSecrets } from './security/secrets.mjs';

const offline = process.argv.includes('--offline');
const faults = [...(await findSecrets()), ...findRefusedLicences(), ...(offline ? [] : findVulnerabilities())];
for (const fault of faults) console.log(fault);
// Ends the process at once. Otherwise secretlint's profiler would compare all its performance marks with each other.
process.exit(faults.length > 0 ? 1 : 0);
