import { spawnSync } from 'node:child_process';

/**
 * Returns a message for each production dependency with a known vulnerability. If the registry answers no audits,
 * prints the reason and returns no messages.
 */
export function findVulnerabilities() {
  const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
  const report = parsed(stdout);
  if (!report?.vulnerabilities) {
    const reason = error?.message ?? report?.message ?? 'npm audit printed no report';
    console.log(`SKIPPED: the registry did not audit the dependencies (${reason}). Run this check where it does.`);
    return [];
  }
  return Object.values(report.vulnerabilities).map(({ name, severity, via }) => {
    const advisories = via.filter((cause) => typeof cause === 'object').map(({ title, url }) => `${title} (${url})`);
    return `${name} is vulnerable (${severity}): ${advisories.join(', ') || `by ${via.join(', ')}`}`;
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
